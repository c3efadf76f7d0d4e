#pragma once

/// \file
/// A thread with an epoll set: readiness, timers, tasks from other threads.

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::net {

/// Told by the loop's epoll about one descriptor; `events` are epoll's bits.
class EpollHandler {
 public:
  virtual void on_epoll(std::uint32_t events) = 0;

 protected:
  ~EpollHandler() = default;
};

/// Work that a loop does once per turn for as long as it is asked for: a fan-out pass over many
/// sockets that yields to requests in between.
class TurnTask {
 public:
  /// One slice of work. True: come again next turn (which then does not wait for readiness).
  virtual bool on_turn() = 0;

 protected:
  ~TurnTask() = default;
};

/// Names a timer of one loop.
struct TimerId {
  BootTime due;
  std::uint64_t serial = 0;
  friend auto operator<=>(const TimerId&, const TimerId&) = default;
};

/// One turn: wait, sample the clock, readiness, posted tasks, timers, turn tasks. Loop-affine:
/// every function but post(), wake(), stop() and index() belongs to the thread that runs it (or to
/// the builder, before run()). What a loop owns needs no lock.
class SSE_EXPORT Loop {
 public:
  static Result<std::unique_ptr<Loop>> open(const Clock& clock, unsigned index = 0);
  ~Loop();

  /// Runs turns on the calling thread until stop().
  void run();

  /// One turn, waiting at most `wait`; for tests and simulations, which turn loops by hand.
  void turn(std::chrono::milliseconds wait = std::chrono::milliseconds(0));

  // From any thread.

  /// Runs `task` on the loop's thread in its next turn. Tasks left when the loop ends are destroyed
  /// unrun.
  void post(std::function<void()> task);

  /// Makes the turn task run in the next turn. Cheap when a wake-up is already pending, and on the
  /// loop's own thread: no system call.
  void wake();

  /// Ends run() after the current turn.
  void stop();

  /// Which loop of its pool this is.
  unsigned index() const { return index_; }

  /// Turns so far, and how many of them another thread asked for (one eventfd write each).
  std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  std::uint64_t wake_ups() const { return wake_ups_.load(std::memory_order_relaxed); }

  /// Whether the calling thread is in a turn of some loop: then it must not wait for anything.
  static bool is_in_turn();

  /// Sockets attached now: what an acceptor deals by.
  std::size_t attached() const { return attached_.load(std::memory_order_relaxed); }

  // On the loop's thread.

  /// The time that was sampled at the start of this turn.
  const Now& now() const { return now_; }

  TimerId run_at(BootTime due, std::function<void()> callback);
  TimerId run_after(std::chrono::nanoseconds delay, std::function<void()> callback);
  void cancel(const TimerId& timer);

  /// The task that wake() runs, at most one per loop. Null removes it.
  void set_turn_task(TurnTask* task) { turn_task_ = task; }
  /// Asks for the turn task from the loop's own thread.
  void request_turn() { turn_requested_ = true; }

  /// Adds, or takes away, a descriptor. `events` are epoll's bits. False: no room (ENOSPC, ENOMEM).
  [[nodiscard]] bool watch(int fd, std::uint32_t events, EpollHandler& handler);
  void unwatch(int fd, EpollHandler& handler);

  /// A socket came or went; for implementations of Socket.
  void count_attached(int change) {
    attached_.fetch_add(static_cast<std::size_t>(change), std::memory_order_relaxed);
  }

  const ThreadRole& role() const SSE_RETURN_CAPABILITY(role_) { return role_; }

 private:
  Loop(const Clock& clock, unsigned index, UniqueFd epoll, UniqueFd wake_up);

  int wait_for_readiness(std::chrono::milliseconds wait);
  void tell_handlers(int count);
  void run_posted();
  void run_timers();
  void poke();
  std::chrono::milliseconds until_next_timer(std::chrono::milliseconds longest) const;

  const Clock& clock_;
  const unsigned index_;
  ThreadRole role_;
  UniqueFd epoll_;
  UniqueFd wake_up_;  // an eventfd in the epoll set, recognised by its null handler

  // Owned by the loop.
  Now now_;
  TurnTask* turn_task_ = nullptr;
  bool turn_requested_ = false;
  std::map<TimerId, std::function<void()>> timers_;
  std::uint64_t next_timer_ = 1;
  std::vector<epoll_event> ready_;  // of this turn
  int ready_count_ = 0;             // how many of them are still to be told, or null
  // Shared.
  std::atomic<bool> running_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> poke_pending_ = false;
  std::atomic<bool> turn_wanted_ = false;
  std::atomic<std::size_t> attached_ = 0;
  std::atomic<std::uint64_t> turns_ = 0;
  std::atomic<std::uint64_t> wake_ups_ = 0;
  Mutex posted_mutex_;
  std::vector<std::function<void()>> posted_ SSE_GUARDED_BY(posted_mutex_);
};

}  // namespace sse::net
