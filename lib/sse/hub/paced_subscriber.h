#pragma once

/// \file
/// One stream with an interval (`every`): it is sent conflated rounds instead of each event.

#include <cstdint>
#include <memory>
#include <string>

#include "sse/hub/shared_round.h"
#include "sse/hub/subscriber.h"

namespace sse::hub {

class PacedGroup;

/// A round is conflated(cursor, end], then an id-only block with the id of its end. It is written
/// from the text that the group shares. What the socket does not take of it is read from the log
/// like a replay, so nothing is kept for it. Loop-affine.
class PacedSubscriber final : public Subscriber {
 public:
  using Subscriber::Subscriber;

  /// Where its round or its first replay ends; null between rounds.
  const wire::EventId* round_end() const { return replay_end(); }
  /// Makes feed() read a round from the log. REQUIRES: round_end() is null.
  void begin_round(const wire::EventId& end) { begin_replay(end); }

  /// Whether a shared round can be sent: nothing else must be sent before it.
  bool is_between_rounds() const {
    return !has_text() && cursor().at_boundary() && round_end() == nullptr;
  }

  /// Sends a round that was gathered from the cursor on. kCaughtUp; kBlocked or kMore: the rest is
  /// left to feed(); kPeerGone. REQUIRES: is_between_rounds().
  FeedResult send(SharedRound& round, BootTime now, Counts& counts, Budget& budget);

  // Its pacer's notes.
  PacedGroup* group = nullptr;
  std::uint32_t index_in_group = 0;
  std::uint64_t uncounted = 0;  ///< wanted events of its round that it was not sent so far

 private:
  std::uint64_t take(const SharedRound& round, std::size_t bytes);
  FeedResult rest();
};

/// A stream as it was asked for, with an interval or without. See Subscriber's constructor.
std::unique_ptr<Subscriber> make_stream(FanOutLoop& owner, StreamOpening& opening,
                                        std::string greeting, BootTime now);

/// REQUIRES: the stream has an interval (Schedule::Kind::kPaced).
inline PacedSubscriber& paced(Subscriber& stream) {
  return static_cast<PacedSubscriber&>(stream);
}
inline const PacedSubscriber& paced(const Subscriber& stream) {
  return static_cast<const PacedSubscriber&>(stream);
}

}  // namespace sse::hub
