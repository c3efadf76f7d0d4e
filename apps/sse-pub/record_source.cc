#include "record_source.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "sse/client/waiter.h"

namespace sse::pub {
namespace {

constexpr std::size_t kReadSize = std::size_t{256} << 10U;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// By gzip, xz or zstd: no UTF-8 begins like that.
bool is_compressed(std::string_view bytes) {
  return bytes.starts_with("\x1F\x8B") || bytes.starts_with("\xFD\x37zXZ") ||
         bytes.starts_with("\x28\xB5\x2F\xFD");
}

}  // namespace

RecordSource::Got RecordSource::next(Record& record, std::optional<BootTime> deadline,
                                     int wake_fd) {
  for (;;) {
    if (cut(record)) return Got::kRecord;
    if (state_ == State::kEnded) return Got::kEnd;
    if (state_ == State::kFailed) return Got::kFailed;
    const Got got = wait(deadline, wake_fd);
    if (got != Got::kRecord) return got;
    read_more();
  }
}

std::optional<std::string_view> RecordSource::take_bytes(std::size_t size) {
  while (start_ == buffer_.size()) {
    if (state_ != State::kOpen || wait(std::nullopt, -1) != Got::kRecord) return std::nullopt;
    read_more();
  }
  Record bytes;
  give(bytes, std::min(size, buffer_.size() - start_));
  return bytes.raw;
}

/// Gives the next record, or piece, when it is there.
bool RecordSource::cut(Record& record) {
  const auto more = state_ == State::kOpen ? Format::More::kMayCome : Format::More::kNever;
  const std::string_view bytes = std::string_view(buffer_).substr(start_);
  const auto end = in_long_record_ ? format_.cut_rest(bytes, more) : format_.cut(bytes, more);
  record.is_too_long = in_long_record_;
  record.is_last_piece = true;
  if (end) {
    in_long_record_ = false;
    give(record, *end);
    return true;
  }
  if (bytes.size() < kMaxRecord) return false;
  record.is_too_long = in_long_record_ = true;
  record.is_last_piece = false;
  give(record, bytes.size() - Format::kOverlap);
  return true;
}

void RecordSource::give(Record& record, std::size_t size) {
  record.raw = std::string_view(buffer_).substr(start_, size);
  record.line = line_;
  record.text = record.raw;
  if (position_ == 0 && record.text.starts_with(kByteOrderMark)) {
    record.text.remove_prefix(kByteOrderMark.size());
  }
  start_ += size;
  position_ += size;
  line_ += static_cast<std::uint64_t>(std::count(record.raw.begin(), record.raw.end(), '\n'));
}

/// kRecord: there are bytes to read.
RecordSource::Got RecordSource::wait(std::optional<BootTime> deadline, int wake_fd) {
  for (;;) {
    std::array<pollfd, 3> polled{{{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}, {wake_fd, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), client::poll_timeout(deadline, clock_.now().boot));
    if (polled[1].revents != 0) return Got::kStopped;
    if (polled[2].revents != 0) return Got::kWoken;
    if (polled[0].revents != 0) return Got::kRecord;
    if (deadline && clock_.now().boot >= *deadline) return Got::kDeadline;
  }
}

void RecordSource::read_more() {
  buffer_.erase(0, start_);
  start_ = 0;
  const std::size_t size = buffer_.size();
  buffer_.resize(size + kReadSize);
  const ssize_t count = ::read(fd_, buffer_.data() + size, kReadSize);
  buffer_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (position_ == 0 && size == 0 && is_compressed(buffer_)) {
    failure_ = "it looks compressed: zcat FILE | sse-pub load -";
    state_ = State::kFailed;
    buffer_.clear();
  } else if (count == 0) {
    state_ = State::kEnded;
  } else if (count < 0 && errno != EINTR && errno != EAGAIN) {
    failure_ = std::strerror(errno);
    state_ = State::kFailed;
  }
}

}  // namespace sse::pub
