#pragma once

/// \file
/// Keeps a hub's tickets and sessions over a restart.

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "sse/base/clock.h"
#include "sse/base/mutex.h"
#include "sse/base/wake_fd.h"
#include "sse/gate/tickets.h"

namespace sse::server {

/// A thread that writes them into a file soon after they have changed, at most once a second, and
/// once more when it is stopped. So a kill loses at most what changed in the last second. The file
/// is replaced as a whole, is for its owner alone, and has hashes in place of secrets. A power cut
/// may lose more: nothing is synced, and pages ask for a token again. Thread-compatible.
class TicketKeeper {
 public:
  /// At least that long between two writes.
  static constexpr std::chrono::milliseconds kPause{1'000};

  /// Both outlive this.
  TicketKeeper(std::string path, gate::Tickets& tickets, const Clock& clock);
  ~TicketKeeper();  ///< stops
  TicketKeeper(const TicketKeeper&) = delete;
  TicketKeeper& operator=(const TicketKeeper&) = delete;

  /// Reads the file, if there is one. One that cannot be read is logged and does not stop the
  /// start: its pages ask for a token. Before requests come, and before start().
  void load();
  /// The file is not what the tickets are. From any thread.
  void note_change();
  /// Starts the thread. Once.
  void start();
  /// While it is held nothing is written: another process may have the file. From any thread.
  void hold(bool is_held);
  /// Writes what has changed, and ends the thread. Any number of times.
  void stop();

 private:
  void run();
  void write() SSE_EXCLUDES(writing_);
  void write_held() SSE_REQUIRES(writing_);

  const std::string path_;
  gate::Tickets& tickets_;
  const Clock& clock_;
  const WakeFd changed_;
  const WakeFd stopped_;
  std::atomic<bool> is_dirty_{false};
  bool has_failed_ = false;  // of the thread
  Mutex writing_;            // while the file is written
  bool is_held_ SSE_GUARDED_BY(writing_) = false;
  std::thread thread_;
};

}  // namespace sse::server
