#pragma once

/// \file
/// Tickets and sessions that the hubs of a cluster share, as the engine keeps them: it knows no
/// secrets and no rights, only hashes and a text that the rooms above read.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/result.h"

namespace sse::journal {

/// A value. Hashes are in hex.
struct SharedTicket {
  std::string hash;  ///< of its secret
  bool is_session = false;
  std::string principal;  ///< its id
  std::string text;
  std::chrono::milliseconds life{0};       ///< from now on
  std::chrono::milliseconds first_use{0};  ///< of a ticket: it is over when it is not taken by then
  std::string cookie;                      ///< its hash; empty: it is not taken
  std::uint64_t renewals = 0;              ///< of a session
};

/// How many there may be. Beyond, the oldest go.
struct SharedTicketLimits {
  std::size_t most = 0;
  std::size_t most_own = 0;  ///< of one principal
};

/// What has changed since it was asked before.
struct SharedTicketChanges {
  std::size_t tickets = 0;                    ///< there are
  std::size_t sessions = 0;                   ///< the same
  std::vector<std::string> sessions_changed;  ///< hashes: they have ended, or were renewed
  bool may_be_more =
      false;       ///< of any session: the engine is another one, or too many have changed
  BootTime asked;  ///< when the engine was asked: it may know nothing of what is later
};

/// Each outcome comes once, on the journal's thread, in the order of the calls. Errors:
/// kUnavailable, kFull. Thread-safe.
class SSE_EXPORT ClusterTickets {
 public:
  virtual ~ClusterTickets() = default;

  /// Outcome: how many were dropped to make room.
  virtual void add(SharedTicket ticket, SharedTicketLimits limits, Done<std::size_t> done) = 0;

  using MayBeTicket = std::optional<SharedTicket>;
  /// nullopt: there is none, or it is over. `principal` and `first_use` are not told.
  virtual void find(std::string hash, Done<MayBeTicket> done) = 0;

  struct Cookie {
    std::string digits;  ///< that the hash of its ticket begins with
    std::string hash;    ///< of its value
  };
  /// For each cookie the number of its ticket, which is higher for a newer one; nullopt: there is
  /// none. All of it nullopt: the ticket is gone, or was taken.
  using MayBeNumbers = std::optional<std::vector<std::optional<std::uint64_t>>>;
  /// Of calls at the same time, from whichever hubs, one takes it.
  virtual void take(std::string hash, std::string cookie, std::vector<Cookie> others,
                    Done<MayBeNumbers> done) = 0;

  enum class SignedIn : std::uint8_t {
    kNew,
    kOther,    ///< new, and the session before was another principal's: it has ended
    kRenewed,  ///< the session before is of the same principal: it has its new life and text
  };
  struct SignInDone {
    SignedIn how = SignedIn::kNew;
    std::size_t dropped = 0;
  };
  /// `before`: the hash of the session before; empty: there is none.
  virtual void sign_in(std::string before, SharedTicket session, SharedTicketLimits limits,
                       Done<SignInDone> done) = 0;
  /// Of one that is not there, too.
  virtual void end(std::string hash, Done<void> done) = 0;

  /// `told` gets what has changed once a second, while the engine answers. On the journal's thread.
  /// Before the journal starts.
  virtual void on_changes(std::function<void(const SharedTicketChanges&)> told) = 0;
};

}  // namespace sse::journal
