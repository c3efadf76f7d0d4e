#include "line_reader.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "sse/client/waiter.h"

namespace sse::pub {

LineReader::Got LineReader::next(Line& line, std::optional<BootTime> deadline) {
  for (;;) {
    if (!waiting_.empty()) {
      line = std::move(waiting_.front());
      waiting_.pop_front();
      return Got::kLine;
    }
    if (state_ == State::kEnded) return Got::kEnd;
    if (state_ == State::kFailed) return Got::kFailed;
    std::array<pollfd, 2> polled{{{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}}};
    const auto now = clock_.now().boot;
    ::poll(polled.data(), polled.size(), client::poll_timeout(deadline, now));
    if (polled[1].revents != 0) return Got::kStopped;
    if (polled[0].revents != 0) {
      read_more();
    } else if (deadline && clock_.now().boot >= *deadline) {
      return Got::kDeadline;
    }
  }
}

void LineReader::read_more() {
  std::array<char, 64 * 1024> buffer;
  const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
  if (count > 0) {
    take_lines({buffer.data(), static_cast<std::size_t>(count)});
  } else if (count == 0) {
    if (!partial_.text.empty()) finish_line();  // the last line may lack its end
    state_ = State::kEnded;
  } else if (errno != EINTR && errno != EAGAIN) {
    failure_ = std::strerror(errno);
    state_ = State::kFailed;
  }
}

void LineReader::take_lines(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    const auto room = kMaxLine - partial_.text.size();
    partial_.text.append(bytes.substr(0, std::min(end, room)));
    if (end > room) partial_.is_too_long = true;
    if (end == bytes.size()) return;
    finish_line();
    bytes.remove_prefix(end + 1);
  }
}

void LineReader::finish_line() {
  if (partial_.text.ends_with('\r')) partial_.text.pop_back();
  partial_.number = ++lines_;
  waiting_.push_back(std::move(partial_));
  partial_ = Line();
}

}  // namespace sse::pub
