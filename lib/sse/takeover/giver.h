#pragma once

/// \file
/// The old process's side of a takeover:
///
///     new                               old
///     Hello  ------------------------>  may it have this? else Refusal, and it serves on
///            <------------------------  Offer, with the listening sockets
///     opens what it serves with
///     Ready  ------------------------>  Holdings::stop(): everything stands still
///            <------------------------  Parts: log, rows, keys, streams with their descriptors
///            <------------------------  End
///     takes all of it
///     Taken  ------------------------>  Holdings::let_go(): the new process has it
///     serves                            closes what is left
///
/// Taken is the commit: the new process touches nothing of what it was given before that is sent,
/// and the old one goes on with all of it unless that has arrived. Whatever fails before, on either
/// side, the old process has everything: Holdings::go_on().

#include <chrono>
#include <string>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/takeover/channel.h"
#include "sse/takeover/messages.h"

namespace sse::takeover {

/// What the old process has. Called on the thread of give().
class Holdings {
 public:
  /// An offer with its descriptors, which stay the old process's.
  struct Offered {
    Offer offer;
    std::vector<int> descriptors;
  };

  virtual ~Holdings() = default;

  /// Error: this process may not have it; the text is sent to it.
  virtual Result<Offered> offer(const Hello& hello) = 0;
  /// Nothing may change from now on. Error: that cannot be had; go_on() follows.
  virtual Status stop() = 0;
  /// Sends Parts. Error: that of the channel, or its own; go_on() follows.
  virtual Status send(Channel& channel) = 0;
  /// The new process has not taken it.
  virtual void go_on() = 0;
  /// The new process has taken it, also when this throws.
  virtual void let_go() = 0;
};

struct GiverTimes {
  std::chrono::nanoseconds prepare = std::chrono::seconds(60);  ///< until Ready
  /// From the stop until Taken: so long may everything stand still.
  std::chrono::nanoseconds take = std::chrono::seconds(20);
};

/// Whether this process may ask for a takeover: that of the same user, or of root.
SSE_EXPORT Status check_peer(const PeerProcess& peer, uid_t self);

/// One attempt, from Hello to Taken. Error: nothing has come of it, and `holdings` goes on.
SSE_EXPORT Status give(Channel& channel, Holdings& holdings, const GiverTimes& times = {});

}  // namespace sse::takeover
