#pragma once

/// \file
/// How the streams of a loop end.

#include <memory>

#include "sse/hub/counts.h"
#include "sse/hub/interest.h"
#include "sse/hub/loop_counts.h"
#include "sse/hub/pacer.h"
#include "sse/hub/retry_times.h"
#include "sse/hub/schedule.h"
#include "sse/hub/stream_owners.h"
#include "sse/hub/stream_registry.h"
#include "sse/hub/subscriber.h"
#include "sse/net/loop.h"

namespace sse::hub {

/// Ends streams: says goodbye, waits until that has left and for the end of the peer, and destroys
/// them. Thousands may end
/// at once, and the kernel takes some 10 us to close each, so end_some() does a part in each turn.
/// A stream is counted as closed when it is, not when that is asked for. Loop-affine.
class Closer {
 public:
  /// All of them outlive this.
  Closer(net::Loop& loop, Schedule& schedule, Interest& interest, Pacer& pacer,
         StreamOwners& owners, StreamRegistry& registry, LoopCounts& counts,
         const RetryTimes& retry_times)
      : loop_(loop),
        schedule_(schedule),
        interest_(interest),
        pacer_(pacer),
        owners_(owners),
        registry_(registry),
        counts_(counts),
        retry_times_(retry_times) {}

  /// Closes it in one of the next turns; it is not fed before.
  void close_soon(Subscriber& subscriber, CloseReason reason);
  void close_all_soon(CloseReason reason);
  /// From now on nothing lingers: closes all that are left, and does not wait for their peers.
  void cut_all();

  /// Closes it now, and tells it the reason unless its peer is gone.
  void close(Subscriber& subscriber, CloseReason reason);
  /// As close(), for one that is caught up and whose peer has sent FIN: it has all it asked for, so
  /// it is sent no reason, only the end of a whole stream.
  void end_half_closed(Subscriber& subscriber);
  /// Its connection does not work any more. The reason counts for one that has none yet.
  void drop(Subscriber& subscriber, CloseReason reason = CloseReason::kPeer);
  /// The socket of one that lingers has reported something; `has_left`: nothing is unsent any more.
  void look_at_lingering(Subscriber& subscriber, bool has_left);
  /// It has lingered long enough.
  void retire(Subscriber& subscriber);

  /// Another process has it: it is destroyed now, and its connection stays.
  void let_go(Subscriber& subscriber);

  /// A part of what is left to close and to destroy.
  void end_some();

  /// The subscriber of a hook that is in no schedule, and its owner.
  static std::unique_ptr<Subscriber> take_back(Schedule::Hook& hook) {
    return std::unique_ptr<Subscriber>(&subscriber_of(hook));
  }

 private:
  void take_off(Subscriber& subscriber, CloseReason reason);
  void forget(Subscriber& subscriber);
  void linger_or_retire(Subscriber& subscriber, bool has_reason);
  static bool wants_to_linger(const Subscriber& subscriber);

  net::Loop& loop_;
  Schedule& schedule_;
  Interest& interest_;
  Pacer& pacer_;
  StreamOwners& owners_;
  StreamRegistry& registry_;
  LoopCounts& counts_;
  const RetryTimes& retry_times_;
  bool is_cutting_ = false;
};

}  // namespace sse::hub
