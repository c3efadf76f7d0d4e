#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::pub {

inline constexpr std::size_t kMostTailLines = 1000;
/// Bytes of a line that are kept, and of all lines: an event has room for them.
inline constexpr std::size_t kMostTailLine = 1000;
inline constexpr std::size_t kMostTail = std::size_t{32} * 1024;

/// `--tail N`: passes on what a command writes to stdout and stderr, and keeps the last lines of
/// both together, in the order in which they ended. The command sees pipes. A thread does the
/// passing, so a reader who sleeps holds up the command and nothing else. Thread-compatible.
class OutputTail {
 public:
  /// Error: kIo: no descriptors, or no thread.
  static Result<std::unique_ptr<OutputTail>> open(std::size_t lines);
  ~OutputTail();
  OutputTail(const OutputTail&) = delete;
  OutputTail& operator=(const OutputTail&) = delete;

  int stdout_of_command() const { return streams_[0].command_end.get(); }
  int stderr_of_command() const { return streams_[1].command_end.get(); }

  /// Once the command has them.
  void hand_over();

  /// Once it has ended: waits until all that it wrote is passed on, and gives the lines as a JSON
  /// array. What it has started may keep the pipes open; that is not waited for.
  std::string finish();

 private:
  struct Stream {
    int target = -1;
    UniqueFd command_end;
    UniqueFd our_end;
    std::string line;  ///< that has not ended yet
  };

  OutputTail(std::size_t most, UniqueFd ended) : most_(most), ended_(std::move(ended)) {}

  void pass_on();
  void pass_some(Stream& stream);
  void keep(Stream& stream, std::string_view text);
  void end_line(Stream& stream);

  const std::size_t most_;
  std::array<Stream, 2> streams_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;  // of all lines
  UniqueFd ended_;         // readable once the command has ended
  std::thread thread_;
};

}  // namespace sse::pub
