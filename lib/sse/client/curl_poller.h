#pragma once

#include <limits>

#include "sse/base/unique_fd.h"
#include "sse/base/wake_fd.h"

namespace sse::client {

/// A multi handle of libcurl, and everything it waits for behind one descriptor: an epoll instance
/// with libcurl's sockets, its timer, and a flag of our own. Thread-compatible; must not be moved,
/// because libcurl keeps its address.
class CurlPoller {
 public:
  CurlPoller();
  ~CurlPoller();
  CurlPoller(const CurlPoller&) = delete;
  CurlPoller& operator=(const CurlPoller&) = delete;

  void* multi() const { return multi_; }  ///< a CURLM*

  /// Why it does not work: it could not be made, as when no descriptor is left, or something cannot
  /// be waited for; 0: it works.
  int os_error() const { return os_error_; }

  /// Before a transfer: what could not be waited for in the last one is another matter now.
  void prepare();

  /// Readable when drive() has work, and while the flag is raised. Without a descriptor of its own,
  /// a number that poll() always reports.
  int fd() const { return os_error_ == 0 ? epoll_.get() : kNeverOpen; }

  /// Lets libcurl do all that can be done without waiting.
  void drive();

  enum class Flag { kLowered, kRaised };
  void set(Flag flag);

  // libcurl's callbacks.
  void watch(int socket, int what);
  void set_timer(long milliseconds);

 private:
  static constexpr int kNeverOpen = std::numeric_limits<int>::max();

  void note(bool is_done);
  void watch_ours();

  void* const multi_;
  const UniqueFd epoll_;
  const UniqueFd timer_;
  const WakeFd flag_;
  int os_error_ = 0;
  bool is_made_ = false;
  Flag flag_state_ = Flag::kLowered;
};

}  // namespace sse::client
