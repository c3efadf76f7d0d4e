#include "output_tail.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

#include "sse/base/logging.h"
#include "sse/json/string.h"

namespace sse::pub {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd room{fd, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

Error failed(const char* what) {
  return {ErrorCode::kIo, std::string("--tail: cannot make ") + what + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::unique_ptr<OutputTail>> OutputTail::open(std::size_t lines) {
  UniqueFd ended(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!ended.is_open()) return failed("an eventfd");
  std::unique_ptr<OutputTail> tail(new OutputTail(lines, std::move(ended)));
  tail->streams_[0].target = STDOUT_FILENO;
  tail->streams_[1].target = STDERR_FILENO;
  for (Stream& stream : tail->streams_) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("a pipe");
    stream.our_end.reset(ends[0]);
    stream.command_end.reset(ends[1]);
  }
  try {
    tail->thread_ = std::thread([&tail = *tail] { tail.pass_on(); });
  } catch (const std::system_error& failure) {
    return Error{ErrorCode::kIo, std::string("--tail: cannot start a thread: ") + failure.what()};
  }
  return tail;
}

OutputTail::~OutputTail() {
  if (thread_.joinable()) finish();
}

void OutputTail::hand_over() {
  for (Stream& stream : streams_) stream.command_end.reset();
}

std::string OutputTail::finish() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(ended_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  std::string json = "[";
  for (const auto& line : lines_) {
    if (json.size() > 1) json += ',';
    json::append_string(json, line);
  }
  return json + "]";
}

void OutputTail::pass_on() {
  constexpr int kMostFailures = 100;
  int failures = 0;
  bool has_ended = false;
  const auto is_open = [](const Stream& stream) { return stream.our_end.is_open(); };
  while (std::any_of(streams_.begin(), streams_.end(), is_open)) {
    std::array<pollfd, 3> polled{{{streams_[0].our_end.get(), POLLIN, 0},
                                  {streams_[1].our_end.get(), POLLIN, 0},
                                  {has_ended ? -1 : ended_.get(), POLLIN, 0}}};
    const int ready = ::poll(polled.data(), polled.size(), has_ended ? 0 : -1);
    if (ready < 0 && errno != EINTR && ++failures > kMostFailures) {
      log_line(LogLevel::kError,
               std::string("--tail: cannot wait for output: ") + std::strerror(errno));
      break;
    }
    if (ready < 0) continue;
    if (ready == 0) break;  // the command has ended, and this was all
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      if (polled[i].revents != 0) pass_some(streams_[i]);
    }
    has_ended = has_ended || polled[2].revents != 0;
  }
  for (Stream& stream : streams_) {
    if (!stream.line.empty()) end_line(stream);
    stream.our_end.reset();
  }
}

void OutputTail::pass_some(Stream& stream) {
  std::array<char, 65536> buffer;
  const auto bytes = ::read(stream.our_end.get(), buffer.data(), buffer.size());
  if (bytes < 0 && errno == EINTR) return;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
  keep(stream, text);
  // The reader is gone: the command is to notice, as it would without us.
  if (text.empty() || !write_all(stream.target, text)) stream.our_end.reset();
}

void OutputTail::keep(Stream& stream, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::size_t room = kMostTailLine - std::min(kMostTailLine, stream.line.size());
    stream.line += text.substr(0, std::min(end, room));
    if (end == text.size()) return;
    end_line(stream);
    text.remove_prefix(end + 1);
  }
}

void OutputTail::end_line(Stream& stream) {
  if (stream.line.ends_with('\r')) stream.line.pop_back();
  bytes_ += stream.line.size();
  lines_.push_back(std::exchange(stream.line, {}));
  while (lines_.size() > most_ || (bytes_ > kMostTail && lines_.size() > 1)) {
    bytes_ -= lines_.front().size();
    lines_.pop_front();
  }
}

}  // namespace sse::pub
