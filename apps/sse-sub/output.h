#pragma once

#include <optional>
#include <string>

#include "watch.h"

namespace sse::sub {

/// stdout behind a buffer. Thread-compatible.
class Output {
 public:
  enum class Written {
    kAll,
    kClosed,       ///< its reader has gone (EPIPE)
    kFailed,       ///< the reason is in failure()
    kInterrupted,  ///< `-W` ran out while a reader did not read
  };

  Output(int fd, Watch& watch) : fd_(fd), watch_(watch) {}

  /// Printers append here.
  std::string& buffer() { return buffer_; }

  /// Whether so much is buffered that it should go now.
  bool is_full() const { return buffer_.size() >= kEnough; }

  /// Writes the buffer. A pipe that is full is waited for, signals or not: a record that was begun
  /// is finished.
  Written flush();

  const std::string& failure() const { return failure_; }

 private:
  static constexpr std::size_t kEnough = std::size_t{256} * 1024;

  const int fd_;
  Watch& watch_;
  std::string buffer_;
  std::string failure_;
};

}  // namespace sse::sub
