#pragma once

/// \file
/// Where tickets and sessions are kept: in this hub's memory (Tickets), or with the hubs of a
/// cluster (server::SharedTickets).

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/auth/principal.h"
#include "sse/auth/sha256.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/gate/cookies.h"

namespace sse::gate {

struct TicketOptions {
  std::chrono::nanoseconds first_use = std::chrono::seconds(30);  ///< how long it waits for it
  std::size_t most = 10'000;  ///< with sessions, of all principals; one has at most a tenth

  /// Of one principal.
  std::size_t most_own() const { return std::max<std::size_t>(most / 10, 1); }
};

/// Since the start. A value.
struct TicketCounts {
  std::uint64_t made = 0;
  std::uint64_t taken = 0;
  std::uint64_t pushed_out = 0;  ///< by newer ones of the same principal, or of all
  std::size_t open = 0;          ///< now; where hubs share them, of all hubs
  std::size_t sessions = 0;      ///< the same
};

/// A ticket is in a URL, and URLs are in logs. So its first use takes it, and gives a cookie that
/// its browser alone has: from then on it counts with that cookie only. What is kept are hashes of
/// both, and whose it is, never rights. A session is a cookie from the start, and is kept in the
/// same way. Thread-safe.
///
/// A call that knows its outcome returns it, and calls nothing; else it returns nullopt, and the
/// callback that `later` makes gets the outcome, on any thread. Errors of all: kUnavailable when
/// there is no randomness, or what keeps them does not answer; kFull when that has no memory.
class SSE_EXPORT TicketStore {
 public:
  template <typename T>
  using AtOnce = std::optional<Result<T>>;

  virtual ~TicketStore() = default;
  TicketStore(const TicketStore&) = delete;
  TicketStore& operator=(const TicketStore&) = delete;

  /// Whether every call returns its outcome.
  virtual bool answers_at_once() const = 0;

  /// What a ticket is for.
  struct Wish {
    auth::SharedPrincipal principal;
    std::vector<std::string> topics;    ///< patterns; none: all that the principal may read
    std::optional<std::string> origin;  ///< the pages that may use it; nullopt: the hub's own
    std::chrono::nanoseconds life{0};
  };
  struct Made {
    std::string ticket;  ///< `tk_` and 43 characters of base64url
    BootTime use_before;
    BootTime expires;
  };
  virtual AtOnce<Made> make(Wish wish, BootTime now, const Later<Made>& later) = 0;

  /// A ticket that counts.
  struct Found {
    Wish wish;
    BootTime expires;
    bool is_taken = false;  ///< and this is the browser that took it
  };
  using MayBeFound = std::optional<Found>;
  /// `cookie`: what the request has under its name (CookieNames); empty: none. nullopt: there is no
  /// such ticket, it is over, or it was taken and this is not its cookie.
  virtual AtOnce<MayBeFound> find(std::string_view ticket, std::string_view cookie, BootTime now,
                                  const Later<MayBeFound>& later) = 0;

  /// A first use.
  struct Taken {
    std::string cookie;                  ///< its value from now on
    std::vector<std::string> leftovers;  ///< names of cookies that the browser should drop
    /// Whether it was taken is not known, and why: if it was, or will be, this is its cookie.
    std::optional<Error> doubt = {};
  };
  using MayBeTaken = std::optional<Taken>;
  /// nullopt: another use was first. `others`: cookies of tickets by their names (CookieNames),
  /// which the request sends beside. Of these, leftovers are those that count no more, and those
  /// beyond the 16 newest with this one: a browser keeps some 180 for a host, and then drops those
  /// of others.
  virtual AtOnce<MayBeTaken> take(std::string_view ticket, const std::vector<Cookie>& others,
                                  BootTime now, const Later<MayBeTaken>& later) = 0;

  struct Session {
    auth::SharedPrincipal principal;
    BootTime expires;
    std::uint64_t renewals = 0;
  };
  using MayBeSession = std::optional<Session>;
  /// nullopt: there is no such session, or it is over.
  virtual AtOnce<MayBeSession> find_session(const auth::Sha256& key, BootTime now,
                                            const Later<MayBeSession>& later) = 0;
  /// The same as far as it is known here, at once: of a session by which a request has come.
  virtual MayBeSession known_session(const auth::Sha256& key, BootTime now) const = 0;

  struct SignIn {
    auth::SharedPrincipal principal;
    BootTime expires;
    std::optional<auth::Sha256> before;  ///< the session that the browser has; nullopt: none
  };
  struct SignedIn {
    std::string secret;  ///< of a new session: `ss_` and 43 characters; empty: the one before is
                         ///< of the same principal, and was renewed
    bool has_ended_other = false;  ///< the one before was another principal's
  };
  virtual AtOnce<SignedIn> sign_in(SignIn wanted, BootTime now, const Later<SignedIn>& later) = 0;
  /// Of one that is not there, too.
  virtual std::optional<Status> end_session(const auth::Sha256& key, const Later<void>& later) = 0;

  virtual TicketCounts counts() const = 0;

  /// `changed` runs when known_session() may say something else of a session than before, by what
  /// was done elsewhere; on any thread, and must not block. Before requests come.
  virtual void on_session_change(std::function<void()> changed) = 0;

 protected:
  TicketStore() = default;
};

// What stores have in common.

/// `tk_` and 43 characters. Error: kUnavailable when there is no randomness.
SSE_EXPORT Result<std::string> new_ticket();
/// The value of a cookie of a ticket. The same.
SSE_EXPORT Result<std::string> new_ticket_cookie();
/// `ss_` and 43 characters. The same.
SSE_EXPORT Result<std::string> new_session();

/// A ticket is found by the hash of its secret; nullopt: it has not the form of one.
SSE_EXPORT std::optional<auth::Sha256> ticket_key(std::string_view ticket);
/// The same of a session.
SSE_EXPORT std::optional<auth::Sha256> session_key(std::string_view secret);

/// The hex digits that the name of the cookie of a ticket has of its hash.
inline constexpr std::size_t kCookieNameDigits = 8;
/// Those of `cookie`, which has such a name.
SSE_EXPORT std::string_view name_digits(const Cookie& cookie);
/// The names of those that the browser should drop. `numbers`: for each cookie that of its ticket,
/// of which the newest has the highest; nullopt: it counts no more.
SSE_EXPORT std::vector<std::string> leftovers_of(
    const std::vector<std::string>& names,
    const std::vector<std::optional<std::uint64_t>>& numbers);

}  // namespace sse::gate
