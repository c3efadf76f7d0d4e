#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"

#include "format.h"

namespace sse::pub {

/// A record of the input, or a piece of one that is too long.
struct Record {
  std::uint64_t line = 0;  ///< where it starts, from 1
  std::string_view raw;    ///< its bytes, line end included; valid until the next one is asked for
  std::string_view text;   ///< the same without a byte order mark
  bool is_too_long = false;   ///< `raw` is a piece of it
  bool is_last_piece = true;  ///< with the record's end
};

/// Records of a descriptor as they come: a pipe that stays open gives each when it is whole. Holds
/// no more than one record and a read of 256 KiB. Thread-compatible.
class RecordSource {
 public:
  /// What one record may hold; a longer one comes in pieces of that size.
  static constexpr std::size_t kMaxRecord = std::size_t{8} << 20U;

  /// `stop_fd`: readable when no more is wanted.
  RecordSource(int fd, int stop_fd, const Format& format, const Clock& clock)
      : fd_(fd), stop_fd_(stop_fd), format_(format), clock_(clock) {}

  enum class Got {
    kRecord,
    kDeadline,
    kWoken,  ///< `wake_fd` is readable
    kEnd,
    kStopped,
    kFailed,
  };

  /// Waits for a record, at most until `deadline`. `wake_fd`: -1 for none.
  Got next(Record& record, std::optional<BootTime> deadline, int wake_fd);

  /// Takes bytes as they are, records or not: up to `size` of them. nullopt at the end, or when the
  /// input fails or a stop is wanted.
  std::optional<std::string_view> take_bytes(std::size_t size);

  std::uint64_t position() const { return position_; }  ///< bytes given so far

  /// What the system said with kFailed.
  const std::string& failure() const { return failure_; }

 private:
  enum class State { kOpen, kEnded, kFailed };

  bool cut(Record& record);
  void give(Record& record, std::size_t size);
  Got wait(std::optional<BootTime> deadline, int wake_fd);
  void read_more();

  const int fd_;
  const int stop_fd_;
  const Format& format_;
  const Clock& clock_;
  State state_ = State::kOpen;
  std::string failure_;
  std::string buffer_;
  std::size_t start_ = 0;  // of what has not been given yet
  std::uint64_t position_ = 0;
  std::uint64_t line_ = 1;
  bool in_long_record_ = false;
};

}  // namespace sse::pub
