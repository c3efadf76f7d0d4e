#include "sse/hub/paced_subscriber.h"

#include <utility>

namespace sse::hub {

std::unique_ptr<Subscriber> make_stream(FanOutLoop& owner, StreamOpening& opening,
                                        std::string greeting, BootTime now) {
  if (opening.every.count() > 0) {
    return std::make_unique<PacedSubscriber>(owner, opening, std::move(greeting), now);
  }
  return std::make_unique<Subscriber>(owner, opening, std::move(greeting), now);
}

FeedResult PacedSubscriber::send(SharedRound& round, BootTime now, Counts& counts, Budget& budget) {
  if (round.text().empty()) {
    take(round, 0);
    return rest();
  }
  const auto result = socket().write_shared(round.run());
  note_write(result, round.text().size(), now, counts, budget);
  if (result.status == net::IoStatus::kPeerGone) return FeedResult::kPeerGone;
  counts.deliveries += take(round, result.bytes);
  return is_blocked() ? FeedResult::kBlocked : rest();
}

FeedResult PacedSubscriber::rest() {
  return fill_chunk() ? FeedResult::kMore : catch_up();
}

// Returns how many events the socket has whole now. The rest is not kept: it is in the log, unless
// a newer event takes its place.
std::uint64_t PacedSubscriber::take(const SharedRound& round, std::size_t bytes) {
  const auto stop = round.stop_after(bytes);
  if (stop.cursor.next <= round.end().sequence()) {
    reader().stand_at(stop.cursor);
    begin_round(round.end());
    return stop.events;
  }
  reader().skip_to(stop.cursor.next);
  if (bytes > 0) reader().announce(round.end().sequence());
  if (const auto rest = round.text().substr(bytes); !rest.empty()) queue(rest);
  return stop.events;
}

}  // namespace sse::hub
