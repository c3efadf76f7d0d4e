// How streams are fed whose next event is not in memory.

#include "sse/hub/fan_out_loop.h"

namespace sse::hub {
namespace {

// To look a part up, under a lock that the loops share.
constexpr std::uint64_t kStepsPerPart = 50;

}  // namespace

// kLeftBehind: it is not on the disk either.
FeedResult FanOutLoop::feed_archived(Subscriber& subscriber, const log::View& view,
                                     Budget& budget) {
  const auto is_archived = [&] { return view.is_archived(subscriber.cursor().next); };
  if (!is_archived()) return FeedResult::kLeftBehind;
  if (subscriber.kind() == Schedule::Kind::kPaced) pacer_.begin_old_round(paced(subscriber), view);
  subscriber.skip_superseded(view);
  if (is_archived()) subscriber.skip_unwanted(view, budget);
  if (!is_archived()) return FeedResult::kMore;
  budget.spend(kStepsPerPart);
  const wire::Sequence next = subscriber.cursor().next;
  if (const auto part = disk_waits_.find(view, next)) {
    const bool begins = next == part->first_held() && subscriber.cursor().at_boundary();
    const bool goes_on = begins && !subscriber.is_conflated();
    if (goes_on && subscriber.may_want_behind(view, *part, budget)) {
      disk_waits_.read_ahead(view, *part);
    }
    return feed_part(subscriber, *part, budget);
  }
  const FeedResult sent = send_text(subscriber, view, budget);
  if (sent != FeedResult::kMore) return sent;
  if (drain_.is_on) {  // the journal has stopped, and reads nothing any more
    closer_.close(subscriber, CloseReason::kShutdown);
  } else {
    disk_waits_.park(subscriber, view, next);
  }
  return FeedResult::kParked;
}

// To the end of the part if the socket takes it: another may have its place by the next turn.
FeedResult FanOutLoop::feed_part(Subscriber& subscriber, const log::View& part, Budget& budget) {
  SharedWrite alone;  // the part's memory may hold another part when the next stream is fed
  Counts& counts = counts_.now();
  const BootTime now = loop_.now().boot;
  const bool is_paced = subscriber.kind() == Schedule::Kind::kPaced;
  subscriber.begin_in(part);
  FeedResult result = FeedResult::kMore;
  do {
    result = is_paced ? Pacer::feed_old(paced(subscriber), part, now, counts, alone, budget)
                      : subscriber.feed(part, part.head(), now, counts, alone, budget);
  } while (result == FeedResult::kMore && subscriber.cursor().next <= part.head() && !is_paced &&
           !budget.is_spent());
  return result;
}

// What comes before the part that it waits for: nothing in the middle of an event. kMore: all of it
// was sent.
FeedResult FanOutLoop::send_text(Subscriber& subscriber, const log::View& view, Budget& budget) {
  if (!subscriber.cursor().at_boundary()) return FeedResult::kMore;
  const log::View before = view.nothing_before(subscriber.cursor().next);
  SharedWrite alone;
  return subscriber.feed(before, before.head(), loop_.now().boot, counts_.now(), alone, budget);
}

}  // namespace sse::hub
