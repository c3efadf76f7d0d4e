#include "sse/net/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sse/base/gathering.h"
#include "sse/base/thread_time.h"

namespace sse::net {
namespace {

// Readiness that is fetched at once.
constexpr std::size_t kReadyAtOnce = 512;

// What it takes to call a handler, a task or a timer, whatever it does then.
constexpr std::uint64_t kStepsPerCall = 20;

// How long an idle loop sleeps when no timer is nearer.
constexpr std::chrono::milliseconds kIdleWait{60'000};

thread_local bool in_turn = false;

}  // namespace

Result<std::unique_ptr<Loop>> Loop::open(const Clock& clock, unsigned index,
                                         std::uint64_t steps_per_part) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  UniqueFd wake_up(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (!epoll.is_open() || !wake_up.is_open() ||
      epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake_up.get(), &event) != 0) {
    return Error{ErrorCode::kIo, std::string("cannot make an event loop: ") + std::strerror(errno)};
  }
  return std::unique_ptr<Loop>(
      new Loop(clock, index, steps_per_part, std::move(epoll), std::move(wake_up)));
}

Loop::Loop(const Clock& clock, unsigned index, std::uint64_t steps_per_part, UniqueFd epoll,
           UniqueFd wake_up)
    : clock_(clock),
      index_(index),
      steps_per_part_(steps_per_part),
      epoll_(std::move(epoll)),
      wake_up_(std::move(wake_up)),
      now_(clock.now()),
      budget_(whole_budget()),
      ready_(kReadyAtOnce) {
}

Loop::~Loop() = default;

void Loop::run() {
  role_.bind();
  running_ = true;
  processor_time_ = thread_time();
  while (!stopping_.load(std::memory_order_acquire)) turn(kIdleWait);
  running_ = false;
}

bool Loop::is_in_turn() {
  return in_turn;
}

void Loop::turn(std::chrono::milliseconds wait) {
  in_turn = in_turn_ = true;
  wait_for_readiness(has_work_left() ? std::chrono::milliseconds(0) : wait);
  now_ = clock_.now();
  turns_.fetch_add(1, std::memory_order_relaxed);
  tell_handlers();
  run_posted();
  run_timers();
  run_turn_tasks();
  count_turn();
  in_turn = in_turn_ = false;
}

bool Loop::has_work_left() const {
  return turn_requested_ || has_ready_left() || !tasks_.empty() || posted_waits_ ||
         turn_wanted_.load(std::memory_order_acquire);
}

// What a turn before had no budget for comes first: epoll reports an edge once.
void Loop::wait_for_readiness(std::chrono::milliseconds wait) {
  if (has_ready_left()) return;
  const auto limit = until_next_timer(wait);
  const int count = epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()),
                               static_cast<int>(limit.count()));
  next_ready_ = 0;
  ready_count_ = static_cast<std::size_t>(std::max(count, 0));  // EINTR: none
}

// Requests that came together go on together: what they hand to another thread goes at once.
void Loop::tell_handlers() {
  const Gathering gathering;
  budget_ = whole_budget();
  while (has_ready_left() && !budget_.is_spent()) tell_next_handler();
}

void Loop::tell_next_handler() {
  const epoll_event event = ready_[next_ready_++];
  if (event.events == 0) return;  // unwatched by a handler before it
  budget_.spend(kStepsPerCall);
  if (event.data.ptr == nullptr) {
    std::uint64_t pokes = 0;
    [[maybe_unused]] const auto read = ::read(wake_up_.get(), &pokes, sizeof pokes);
    // Cleared before the work is taken: a thread that adds more after this pokes again.
    // An exchange, not a store: it reads from the last poke, so what was added before is seen.
    poke_pending_.exchange(false, std::memory_order_seq_cst);
    return;
  }
  static_cast<EpollHandler*>(event.data.ptr)->on_epoll(event.events);
}

void Loop::run_posted() {
  // What was posted since is taken when these are done, in a turn that must not sleep before it.
  posted_waits_ = !tasks_.empty();
  if (!posted_waits_) {
    MutexLock lock(posted_mutex_);
    tasks_.swap(posted_);
  }
  const Gathering gathering;
  budget_ = whole_budget();
  while (!tasks_.empty() && !budget_.is_spent()) {
    budget_.spend(kStepsPerCall);
    const auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
}

void Loop::run_timers() {
  budget_ = whole_budget();
  // A timer that a timer adds has its turn in the next one, even if it is due: a callback that
  // re-arms itself without delay does not keep the loop.
  const std::uint64_t first_new = next_timer_;
  auto timer = timers_.begin();
  while (timer != timers_.end() && timer->first.due <= now_.boot && !budget_.is_spent()) {
    if (timer->first.serial >= first_new) {
      ++timer;
      continue;
    }
    budget_.spend(kStepsPerCall);
    auto callback = std::move(timer->second);
    timers_.erase(timer);
    callback();
    timer = timers_.begin();  // the callback may have added and cancelled others
  }
}

void Loop::run_turn_tasks() {
  if (turn_wanted_.exchange(false, std::memory_order_acq_rel)) turn_requested_ = true;
  if (!std::exchange(turn_requested_, false)) return;
  for (TurnTask* task : turn_tasks_) {
    budget_ = whole_budget();
    if (task->on_turn()) turn_requested_ = true;
  }
}

void Loop::count_turn() {
  const auto now = thread_time();
  const auto took = now - std::exchange(processor_time_, now);
  const auto* bucket = std::lower_bound(TurnTimes::kBounds.begin(), TurnTimes::kBounds.end(), took);
  const auto add = [](auto& count, auto more) {  // written by one thread
    count.store(count.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  };
  add(turn_buckets_[static_cast<std::size_t>(bucket - TurnTimes::kBounds.begin())], 1U);
  add(turn_sum_, took);
  if (took > longest_turn_.load(std::memory_order_relaxed)) {
    longest_turn_.store(took, std::memory_order_relaxed);
  }
}

TurnTimes Loop::turn_times() const {
  TurnTimes times;
  for (std::size_t i = 0; i < times.buckets.size(); ++i) {
    times.buckets[i] = turn_buckets_[i].load(std::memory_order_relaxed);
  }
  times.sum = turn_sum_.load(std::memory_order_relaxed);
  times.longest = longest_turn_.load(std::memory_order_relaxed);
  return times;
}

std::chrono::milliseconds Loop::until_next_timer(std::chrono::milliseconds longest) const {
  if (timers_.empty()) return longest;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.due - clock_.now().boot);
  return std::clamp(left, std::chrono::milliseconds(0), longest);
}

void Loop::post(std::function<void()> task) {
  Tasks tasks;
  tasks.push_back(std::move(task));
  post(std::move(tasks));
}

void Loop::post(Tasks tasks) {
  {
    MutexLock lock(posted_mutex_);
    posted_.splice(posted_.end(), tasks);
  }
  poke();
}

void Loop::wake() {
  turn_wanted_.store(true, std::memory_order_release);
  // A publisher on the loop's own thread: the turn it runs in looks at turn_wanted_ when it ends.
  if (running_.load(std::memory_order_acquire) && role_.is_held()) return;
  poke();
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  poke();
}

void Loop::poke() {
  if (poke_pending_.exchange(true, std::memory_order_seq_cst)) return;
  wake_ups_.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_up_.get(), &one, sizeof one);
}

TimerId Loop::run_at(BootTime due, std::function<void()> callback) {
  const TimerId id{due, next_timer_++};
  timers_.emplace(id, std::move(callback));
  return id;
}

TimerId Loop::run_after(std::chrono::nanoseconds delay, std::function<void()> callback) {
  return run_at(now_.boot + delay, std::move(callback));
}

void Loop::cancel(const TimerId& timer) {
  timers_.erase(timer);
}

bool Loop::watch(int fd, std::uint32_t events, EpollHandler& handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &handler;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::unwatch(int fd, EpollHandler& handler) {
  epoll_event event{};
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, &event);
  for (std::size_t i = next_ready_; i < ready_count_; ++i) {
    if (ready_[i].data.ptr == &handler) ready_[i].events = 0;
  }
}

}  // namespace sse::net
