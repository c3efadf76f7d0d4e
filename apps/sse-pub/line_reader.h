#pragma once

#include <deque>
#include <optional>
#include <string>

#include "sse/base/clock.h"
#include "sse/base/result.h"

namespace sse::pub {

/// One line of input.
struct Line {
  std::size_t number = 0;    ///< from 1
  std::string text;          ///< without its line end (LF or CRLF)
  bool is_too_long = false;  ///< then `text` is its beginning
};

/// Lines of a descriptor as they come: a pipe that stays open gives each line when it is whole.
/// Thread-compatible.
class LineReader {
 public:
  /// What one line may hold; the rest of a longer one is skipped, and the line is marked.
  static constexpr std::size_t kMaxLine = std::size_t{8} << 20U;

  /// `stop_fd`: readable when no more lines are wanted.
  LineReader(int fd, int stop_fd, const Clock& clock) : fd_(fd), stop_fd_(stop_fd), clock_(clock) {}

  enum class Got { kLine, kDeadline, kEnd, kStopped, kFailed };

  /// Waits for a line, at most until `deadline`.
  Got next(Line& line, std::optional<BootTime> deadline);

  /// What the system said with kFailed.
  const std::string& failure() const { return failure_; }

 private:
  enum class State { kOpen, kEnded, kFailed };

  void read_more();
  void take_lines(std::string_view bytes);
  void finish_line();

  const int fd_;
  const int stop_fd_;
  const Clock& clock_;
  State state_ = State::kOpen;
  std::string failure_;
  std::deque<Line> waiting_;
  Line partial_;  // not ended yet
  std::size_t lines_ = 0;
};

}  // namespace sse::pub
