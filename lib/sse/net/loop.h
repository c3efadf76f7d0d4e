#pragma once

/// \file
/// A thread with an epoll set: readiness, timers, tasks from other threads.

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <vector>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/net/turn_times.h"

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
  /// One slice of work, within Loop::budget(). True: come again next turn (which then does not wait
  /// for readiness).
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

/// One turn: wait, sample the clock, readiness, posted tasks, timers, turn tasks. Each of these has
/// a budget of its own; what does not fit goes on in the next turn, in order, before anything new.
/// Loop-affine: every function but those marked belongs to the thread that runs it (or to the
/// builder, before run()). What a loop owns needs no lock.
class SSE_EXPORT Loop {
 public:
  /// What each part of a turn may do: enough to make a turn worth its system calls, little enough
  /// that a storm of requests does not keep timers and the fan-out waiting.
  static constexpr std::uint64_t kStepsPerPart = Budget::kStepsPerMillisecond / 2;

  static Result<std::unique_ptr<Loop>> open(const Clock& clock, unsigned index = 0,
                                            std::uint64_t steps_per_part = kStepsPerPart);
  ~Loop();

  /// Runs turns on the calling thread until stop().
  void run();

  /// One turn, waiting at most `wait`; for tests and simulations, which turn loops by hand.
  void turn(std::chrono::milliseconds wait = std::chrono::milliseconds(0));

  // From any thread.

  /// Runs `task` on the loop's thread in its next turn. Tasks left when the loop ends are destroyed
  /// unrun.
  void post(std::function<void()> task);
  /// The same for several, which run in order. Takes no memory.
  using Tasks = std::list<std::function<void()>>;
  void post(Tasks tasks);

  /// Makes the turn tasks run in the next turn. Cheap when a wake-up is already pending, and on the
  /// loop's own thread: no system call.
  void wake();

  /// Ends run() after the current turn.
  void stop();

  /// Which loop of its pool this is.
  unsigned index() const { return index_; }

  /// Turns so far, and how many of them another thread asked for (one eventfd write each).
  std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  std::uint64_t wake_ups() const { return wake_ups_.load(std::memory_order_relaxed); }

  /// How long they took.
  TurnTimes turn_times() const;

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

  /// What the present part of the turn may still do. Handlers, tasks and callbacks spend what their
  /// work takes; one that finds it spent leaves the rest of its work to the next turn. Between two
  /// turns, where only tests are, it is always whole.
  Budget& budget() {
    if (!in_turn_) budget_ = whole_budget();
    return budget_;
  }

  /// Whether sockets are ready that this turn had no budget for: the next one calls them.
  bool has_ready_left() const { return next_ready_ < ready_count_; }

  /// Tasks that wake() and request_turn() run, in this order. Not while one of them runs.
  void add_turn_task(TurnTask& task) { turn_tasks_.push_back(&task); }
  void remove_turn_task(TurnTask& task) { std::erase(turn_tasks_, &task); }
  /// Asks for the turn tasks from the loop's own thread.
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
  Loop(const Clock& clock, unsigned index, std::uint64_t steps_per_part, UniqueFd epoll,
       UniqueFd wake_up);

  Budget whole_budget() const { return Budget(steps_per_part_); }
  bool has_work_left() const;
  void wait_for_readiness(std::chrono::milliseconds wait);
  void tell_handlers();
  void tell_next_handler();
  void run_posted();
  void run_timers();
  void run_turn_tasks();
  void count_turn();
  void poke();
  std::chrono::milliseconds until_next_timer(std::chrono::milliseconds longest) const;

  const Clock& clock_;
  const unsigned index_;
  const std::uint64_t steps_per_part_;
  ThreadRole role_;
  UniqueFd epoll_;
  UniqueFd wake_up_;  // an eventfd in the epoll set, recognised by its null handler

  // Owned by the loop.
  Now now_;
  Budget budget_;
  bool in_turn_ = false;
  std::vector<TurnTask*> turn_tasks_;
  bool turn_requested_ = false;
  std::map<TimerId, std::function<void()>> timers_;
  std::uint64_t next_timer_ = 1;
  std::vector<epoll_event> ready_;
  std::size_t ready_count_ = 0;
  std::size_t next_ready_ = 0;  // those before it were called
  Tasks tasks_;
  bool posted_waits_ = false;  // there may be more in posted_, whose wake-up is used up
  std::chrono::nanoseconds processor_time_{0};  // of the thread, at the end of the last turn
  // Shared.
  std::atomic<bool> running_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> poke_pending_ = false;
  std::atomic<bool> turn_wanted_ = false;
  std::atomic<std::size_t> attached_ = 0;
  std::atomic<std::uint64_t> turns_ = 0;
  std::atomic<std::uint64_t> wake_ups_ = 0;
  std::array<std::atomic<std::uint64_t>, TurnTimes::kBounds.size() + 1> turn_buckets_{};
  std::atomic<std::chrono::nanoseconds> turn_sum_{std::chrono::nanoseconds(0)};
  std::atomic<std::chrono::nanoseconds> longest_turn_{std::chrono::nanoseconds(0)};
  Mutex posted_mutex_;
  Tasks posted_ SSE_GUARDED_BY(posted_mutex_);
};

}  // namespace sse::net
