#pragma once

#include <chrono>
#include <string_view>

#include "sse/base/unique_fd.h"

namespace sse {

/// Writes whole lines to a descriptor that other processes may share and that may not be read,
/// such as stderr. Leaves the flags of the descriptor alone: O_NONBLOCK would reach everyone who
/// shares it. write() is for one thread; give_up_after() may come from another.
class StderrWriter {
 public:
  explicit StderrWriter(int fd);

  /// Waits until the line is written, the descriptor fails, or the grace time is over. Whether all
  /// of it was written.
  bool write(std::string_view line);

  /// From now on the waits of write() last no longer than this, all together.
  void give_up_after(std::chrono::milliseconds grace);

 private:
  bool wait_until_writable();
  ssize_t write_some(std::string_view bytes);

  // Constant after construction.
  bool is_socket_ = false;
  int blind_writes_ = 0;  // since poll() failed
  UniqueFd out_;
  UniqueFd grace_over_;  // a timerfd, set once by give_up_after()
};

}  // namespace sse
