// FanOutLoop: each stream is looked after once in a round, for heartbeats, slow peers and lag.

#include <algorithm>
#include <utility>

#include "sse/hub/fan_out_loop.h"

namespace sse::hub {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Heartbeats and slow subscribers are looked for in slots, so that a million streams do not have
// their heartbeats in one turn.
constexpr std::size_t kSlots = 16;
constexpr nanoseconds kLongestRound = std::chrono::seconds(1);
constexpr nanoseconds kShortestTick = milliseconds(5);

// After the last byte the peer's FIN is awaited this long: closing with unread input would make the
// kernel reset the connection and drop what the peer has not read yet.
constexpr nanoseconds kLinger = std::chrono::seconds(2);

}  // namespace

nanoseconds FanOutLoop::tick_for(const HubOptions& options) {
  auto round = kLongestRound;
  if (options.slow_after.count() > 0) round = std::min(round, options.slow_after / 4);
  if (options.heartbeat.count() > 0) round = std::min(round, options.heartbeat / 4);
  return std::max(kShortestTick, round / static_cast<int>(kSlots));
}

void FanOutLoop::tick() {
  role_.assert_held();
  loop_.run_after(tick_, [this] { tick(); });
  note_standstill();
  const log::View view = current_view();  // also lets an idle log drop what has expired
  look_after_slot(unfiltered_, view);
  look_after_slot(filtered_, view);
  slot_ = (slot_ + 1) % kSlots;
  publish_counts();
  if (!dead_.empty()) loop_.request_turn();
}

void FanOutLoop::look_after_slot(const Streams& streams, const log::View& view) {
  const std::size_t size = streams.size();
  const std::size_t end = size * (slot_ + 1) / kSlots;
  for (std::size_t i = size * slot_ / kSlots; i < end; ++i) look_after(*streams[i], view);
}

// A suspended machine or a stopped process: what the peers took meanwhile is not known yet, so
// their time starts again. Shorter stops leave a peer half of its time at least.
void FanOutLoop::note_standstill() {
  const BootTime now = loop_.now().boot;
  const nanoseconds longest = std::max(options_.slow_after / 2, tick_ * static_cast<int>(kSlots));
  if (now - std::exchange(ticked_at_, now) > longest) awake_since_ = now;
}

void FanOutLoop::look_after(Subscriber& subscriber, const log::View& view) {
  const nanoseconds unchanged = loop_.now().boot - subscriber.unchanged_since();
  if (subscriber.notes.phase == Subscriber::Phase::kLingering) {
    if (unchanged >= kLinger) bury(subscriber);
  } else if (subscriber.notes.phase == Subscriber::Phase::kOpen) {
    counts_.lag.observe(view.bytes_behind(place_of(subscriber)));
    if (subscriber.is_blocked()) {
      if (is_slow(subscriber, view)) close(subscriber, CloseReason::kSlow);
    } else if (is_heartbeat_due(subscriber)) {
      rouse(subscriber);
      subscriber.queue_heartbeat(view);
      ++counts_.heartbeats;
    }
  }
}

// Up to where it has everything that it wants.
log::Cursor FanOutLoop::place_of(const Subscriber& subscriber) const {
  const log::Cursor& cursor = subscriber.cursor();
  const bool has_all = subscriber.filter() != nullptr && !subscriber.notes.due &&
                       !subscriber.is_blocked() && cursor.next <= passed_;
  return has_all ? log::Cursor{passed_ + 1, 0} : cursor;
}

// One that the walk has not come to yet is about to get more than a heartbeat. Streams that fell
// silent together, after an event to all, have theirs up to a quarter of the interval early, each a
// little more or less, so that they do not leave together.
bool FanOutLoop::is_heartbeat_due(const Subscriber& subscriber) const {
  constexpr std::uint32_t kGoldenRatio = 0x9E3779B9;  // neighbours get parts far from each other
  constexpr std::int64_t kParts = 256;
  if (options_.heartbeat.count() <= 0 || subscriber.notes.due) return false;
  if (place_of(subscriber).next <= passed_) return false;
  const std::int64_t part = (subscriber.notes.index * kGoldenRatio) >> 24U;
  const nanoseconds early = options_.heartbeat / (4 * kParts) * part;
  return loop_.now().boot - subscriber.unchanged_since() >= options_.heartbeat - early;
}

bool FanOutLoop::is_slow(const Subscriber& subscriber, const log::View& view) const {
  const BootTime patient_since = std::max(subscriber.unchanged_since(), awake_since_);
  const nanoseconds blocked = loop_.now().boot - patient_since;
  return (options_.slow_after.count() > 0 && blocked >= options_.slow_after) ||
         subscriber.cursor().next < view.first_held() ||
         (subscriber.was_caught_up() && view.bytes_behind(subscriber.cursor()) > options_.max_lag);
}

}  // namespace sse::hub
