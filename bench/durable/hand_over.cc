#include "durable/hand_over.h"

#include <ctime>
#include <utility>

namespace sse::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

// An event of some 200 bytes on the wire, and what the hub keeps of an answer with its key.
constexpr std::size_t kDataBytes = 100;
constexpr std::size_t kKeptAnswerBytes = 300;

double process_cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

HandOver::HandOver(log::Journal& journal, const log::EventLimits& limits, const Load& load)
    : journal_(journal),
      limits_(limits),
      load_(load),
      event_{"bench", "bench/durable", std::string(kDataBytes, 'x')},
      kept_answer_(load.has_key ? kKeptAnswerBytes : 0, 'k'),
      room_(load.in_flight) {
}

Result<HandedOver> HandOver::run(std::uint64_t events, std::chrono::nanoseconds duration) {
  const double cpu_before = process_cpu_seconds();
  const auto begin = SteadyClock::now();
  HandedOver done;
  while (done.events < events && SteadyClock::now() - begin < duration) {
    const std::size_t room = take_room(1);
    for (std::size_t i = 0; i < room; ++i) hand_over_one();
    done.events += room * load_.events;
  }
  take_room(load_.in_flight);
  done.seconds = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  done.cpu_seconds = process_cpu_seconds() - cpu_before;
  const MutexLock lock(mutex_);
  room_ = load_.in_flight;
  SSE_TRY(outcome_);
  return done;
}

/// All the room there is, once there is that much.
std::size_t HandOver::take_room(std::size_t least) {
  const MutexLock lock(mutex_);
  wanted_ = least;
  while (room_ < least) answered_.wait(mutex_);
  return std::exchange(room_, 0);
}

void HandOver::hand_over_one() {
  log::Append append(limits_);
  for (std::size_t i = 0; i < load_.events; ++i) append.add(event_);
  if (load_.has_key) append.keep_repeat([this](const log::Append&) { return kept_answer_; });
  const auto later = [this]() -> log::Journal::Done {
    return [this](log::Append&& answered) { take(answered); };
  };
  if (journal_.append(append, later) == log::Answered::kNow) take(append);
}

void HandOver::take(const log::Append& answered) {
  const MutexLock lock(mutex_);
  for (const auto& item : answered.items()) {
    if (item.outcome.kind != log::Outcome::Kind::kAppended && outcome_) {
      outcome_ = item.outcome.error();
    }
  }
  if (++room_ == wanted_) answered_.notify_one();
}

}  // namespace sse::bench
