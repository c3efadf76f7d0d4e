#pragma once

/// \file
/// Both sides of `sse-serve --takeover`.

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/base/wake_fd.h"
#include "sse/net/address.h"
#include "sse/server/event_server.h"
#include "sse/takeover/taker.h"

#include "cli/signals.h"
#include "options.h"

namespace sse::serve {

/// The Unix socket where another process of this user can ask for this hub. Thread-compatible; its
/// thread runs one attempt at a time, until one has succeeded.
class TakeoverSocket {
 public:
  /// Listens at the path of the options, in place of the socket that is there: only this user can
  /// connect. `supervisor`: of this hub, and then of the next one. `server` outlives it.
  /// `on_failure`: called on the thread of this when nothing has come of an attempt. Error: kIo,
  /// kInvalid.
  static Result<std::unique_ptr<TakeoverSocket>> open(const Options& options,
                                                      const takeover::Supervisor& supervisor,
                                                      server::EventServer& server,
                                                      std::function<void()> on_failure);
  ~TakeoverSocket();  ///< stop()

  /// No process is given this hub from now on; one that is about to take it is cut off, unless it
  /// has it already. Any number of times.
  void stop();

  /// Readable once another process has this hub.
  int taken_fd() const { return taken_.get(); }
  /// Whether one has.
  bool is_taken() const { return is_taken_.load(); }
  /// Which one; 0 before, and where this process does not see it (another namespace of pids).
  pid_t successor() const { return successor_.load(); }

 private:
  TakeoverSocket(const Options& options, const takeover::Supervisor& supervisor,
                 server::EventServer& server, UniqueFd listener, std::function<void()> on_failure);
  class Asking;
  void run();
  bool give_to_next();
  Status give_to(takeover::Channel& channel, pid_t& pid) SSE_EXCLUDES(mutex_);

  const std::string path_;
  const std::chrono::nanoseconds patience_;
  const takeover::Supervisor supervisor_;
  server::EventServer& server_;
  const std::function<void()> on_failure_;
  const UniqueFd listener_;
  const std::optional<net::SocketFile> file_;
  const WakeFd stopped_;
  const WakeFd taken_;
  std::atomic<bool> is_taken_ = false;
  std::atomic<pid_t> successor_ = 0;
  Mutex mutex_;
  int asking_ SSE_GUARDED_BY(mutex_) = -1;  // the connection of the process that asks now
  bool is_stopped_ SSE_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

/// What the hub that runs has said, and the way to it.
struct BegunTakeover {
  takeover::Taker taker;
  takeover::Supervisor supervisor;
};

/// Asks the hub that listens at the path of the options, and has `options` use its sockets. A
/// signal ends it, and what follows up to the commit. nullopt: there is none, and this one starts
/// like any other. Errors: those of takeover::Taker::ask().
Result<std::optional<BegunTakeover>> begin_takeover(Options& options, const takeover::Hello& hello,
                                                    const cli::StopSignals& signals);

/// While this process loads: throws what finish_takeover() makes an error of once a signal has come
/// or the other hub has given the attempt up, so that it gets its directory back soon.
void check_still_wanted(const takeover::Taker& taker, const cli::StopSignals& signals);

/// Has everything handed over to `server`, and takes it: EventServer::start() is next. Error: the
/// other hub goes on.
Status finish_takeover(takeover::Taker& taker, server::EventServer& server);

}  // namespace sse::serve
