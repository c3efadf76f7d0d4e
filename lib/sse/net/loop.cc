#include "sse/net/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sse::net {
namespace {

// Handlers told per turn: enough to make a turn worth its system call, few enough that a storm of
// requests does not keep timers and the fan-out waiting.
constexpr std::size_t kReadyPerTurn = 512;

// How long an idle loop sleeps when no timer is nearer.
constexpr std::chrono::milliseconds kIdleWait{60'000};

thread_local bool in_turn = false;

}  // namespace

Result<std::unique_ptr<Loop>> Loop::open(const Clock& clock, unsigned index) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  UniqueFd wake_up(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (!epoll.is_open() || !wake_up.is_open() ||
      epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake_up.get(), &event) != 0) {
    return Error{ErrorCode::kIo, std::string("cannot make an event loop: ") + std::strerror(errno)};
  }
  return std::unique_ptr<Loop>(new Loop(clock, index, std::move(epoll), std::move(wake_up)));
}

Loop::Loop(const Clock& clock, unsigned index, UniqueFd epoll, UniqueFd wake_up)
    : clock_(clock),
      index_(index),
      epoll_(std::move(epoll)),
      wake_up_(std::move(wake_up)),
      now_(clock.now()),
      ready_(kReadyPerTurn) {
}

Loop::~Loop() = default;

void Loop::run() {
  role_.bind();
  running_ = true;
  while (!stopping_.load(std::memory_order_acquire)) turn(kIdleWait);
  running_ = false;
}

bool Loop::is_in_turn() {
  return in_turn;
}

void Loop::turn(std::chrono::milliseconds wait) {
  in_turn = true;
  const bool work_left = turn_requested_ || turn_wanted_.load(std::memory_order_acquire);
  const int count = wait_for_readiness(work_left ? std::chrono::milliseconds(0) : wait);
  now_ = clock_.now();
  turns_.fetch_add(1, std::memory_order_relaxed);
  tell_handlers(count);
  run_posted();
  run_timers();
  if (turn_wanted_.exchange(false, std::memory_order_acq_rel)) turn_requested_ = true;
  if (turn_requested_ && turn_task_ != nullptr) {
    turn_requested_ = false;
    if (turn_task_->on_turn()) turn_requested_ = true;
  }
  in_turn = false;
}

int Loop::wait_for_readiness(std::chrono::milliseconds wait) {
  const auto limit = until_next_timer(wait);
  const int count = epoll_wait(epoll_.get(), ready_.data(), static_cast<int>(ready_.size()),
                               static_cast<int>(limit.count()));
  return std::max(count, 0);  // EINTR is a turn without readiness
}

void Loop::tell_handlers(int count) {
  ready_count_ = count;
  for (int i = 0; i < ready_count_; ++i) {
    epoll_event& event = ready_[static_cast<std::size_t>(i)];
    if (event.events == 0) continue;  // unwatched by an earlier handler of this turn
    if (event.data.ptr == nullptr) {
      std::uint64_t pokes = 0;
      [[maybe_unused]] const auto read = ::read(wake_up_.get(), &pokes, sizeof pokes);
      // Cleared before the work is looked at: whoever adds more after this pokes again.
      // An exchange, not a store: it reads from the last poke, so what was added before is seen.
      poke_pending_.exchange(false, std::memory_order_seq_cst);
      continue;
    }
    static_cast<EpollHandler*>(event.data.ptr)->on_epoll(event.events);
  }
  ready_count_ = 0;
}

void Loop::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    MutexLock lock(posted_mutex_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

void Loop::run_timers() {
  // A timer that a timer adds has its turn in the next one, even if it is due: a callback that
  // re-arms itself without delay does not keep the loop.
  const std::uint64_t first_new = next_timer_;
  auto timer = timers_.begin();
  while (timer != timers_.end() && timer->first.due <= now_.boot) {
    if (timer->first.serial >= first_new) {
      ++timer;
      continue;
    }
    auto callback = std::move(timer->second);
    timers_.erase(timer);
    callback();
    timer = timers_.begin();  // the callback may have added and cancelled others
  }
}

std::chrono::milliseconds Loop::until_next_timer(std::chrono::milliseconds longest) const {
  if (timers_.empty()) return longest;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first.due - clock_.now().boot);
  return std::clamp(left, std::chrono::milliseconds(0), longest);
}

void Loop::post(std::function<void()> task) {
  {
    MutexLock lock(posted_mutex_);
    posted_.push_back(std::move(task));
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
  for (int i = 0; i < ready_count_; ++i) {
    epoll_event& pending = ready_[static_cast<std::size_t>(i)];
    if (pending.data.ptr == &handler) pending.events = 0;
  }
}

}  // namespace sse::net
