#pragma once

/// \file
/// Tickets: how a browser's EventSource, which cannot send a header, opens a stream, and opens it
/// again after each cut (docs/access.md). Sessions, by which a page does all that its user may.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/auth/principal.h"
#include "sse/auth/sha256.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/gate/cookies.h"

namespace sse::gate {

struct TicketOptions {
  std::chrono::nanoseconds first_use = std::chrono::seconds(30);  ///< how long it waits for it
  std::size_t most = 10'000;  ///< with sessions, of all principals; one has at most a tenth
};

/// Since the start. A value.
struct TicketCounts {
  std::uint64_t made = 0;
  std::uint64_t taken = 0;
  std::uint64_t pushed_out = 0;  ///< by newer ones of the same principal, or of all
  std::size_t open = 0;          ///< now
  std::size_t sessions = 0;      ///< the same
};

/// A ticket is in a URL, and URLs are in logs. So its first use takes it, and gives a cookie that
/// its browser alone has: from then on it counts with that cookie only. What is kept are hashes of
/// both, and whose it is, never rights. A session is a cookie from the start, and is kept in the
/// same way. Thread-safe: one lock.
class SSE_EXPORT Tickets {
 public:
  explicit Tickets(const TicketOptions& options) : options_(options) {}

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
  /// Error: kUnavailable when there is no randomness.
  Result<Made> make(Wish wish, BootTime now);

  /// A ticket that counts.
  struct Found {
    Wish wish;
    BootTime expires;
    bool is_taken = false;  ///< and this is the browser that took it
  };
  /// `cookie`: what the request has under its name (CookieNames); empty: none. nullopt: there is no
  /// such ticket, it is over, or it was taken and this is not its cookie.
  std::optional<Found> find(std::string_view ticket, std::string_view cookie, BootTime now) const;

  /// The first use: the value of its cookie from now on. nullopt: another use was first, on another
  /// loop. Error: kUnavailable when there is no randomness.
  Result<std::optional<std::string>> take(std::string_view ticket, BootTime now);

  /// Of cookies of tickets by their names (CookieNames), which a request sends when it takes
  /// another ticket: those that count no more, and those beyond the 16 newest with that one. A
  /// browser keeps some 180 for a host, and then drops those of others. Returns their names.
  std::vector<std::string> leftovers(const std::vector<Cookie>& cookies, BootTime now) const;

  /// A session is found by the hash of its secret.
  static std::optional<auth::Sha256> session_key(std::string_view secret);
  /// Returns its secret, `ss_` and 43 characters. Error: kUnavailable when there is no randomness.
  Result<std::string> open_session(auth::SharedPrincipal principal, BootTime expires, BootTime now);
  struct Session {
    auth::SharedPrincipal principal;
    BootTime expires;
    std::uint64_t renewals = 0;
  };
  /// nullopt: there is no such session, or it is over.
  std::optional<Session> find_session(const auth::Sha256& key, BootTime now) const;
  /// REQUIRES: the principal has the id of the one before. False: there is no such session.
  bool renew_session(const auth::Sha256& key, auth::SharedPrincipal principal, BootTime expires,
                     BootTime now);
  void end_session(const auth::Sha256& key);

  TicketCounts counts() const;

  /// What is kept over a restart.
  struct Kept {
    auth::Sha256 key{};
    bool is_session = false;
    Wish wish;
    BootTime use_before;
    BootTime expires;
    std::optional<auth::Sha256> cookie;  ///< once it is taken
  };
  /// Without what is over; the oldest first.
  std::vector<Kept> kept(BootTime now) const;
  /// Before requests come.
  void load(std::vector<Kept> kept, BootTime now);
  /// `changed` runs after each change, on any thread, and must not block. Before requests come.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

 private:
  struct Entry {
    Kept kept;
    std::uint64_t number = 0;    // the newest has the highest
    std::uint64_t renewals = 0;  // of a session
    std::list<auth::Sha256>::iterator in_all;
    std::list<auth::Sha256>::iterator in_own;
  };
  using Entries = std::map<auth::Sha256, Entry>;

  static bool is_over(const Entry& entry, BootTime now) {
    const Kept& kept = entry.kept;
    const bool waits = !kept.is_session && !kept.cookie;
    return now >= kept.expires || (waits && now >= kept.use_before);
  }
  void add(Kept kept, BootTime now) SSE_REQUIRES(mutex_);
  /// Of the taken ticket whose hash begins like `from` and whose cookie is `value`.
  std::optional<std::uint64_t> number_of(const auth::Sha256& from, const auth::Sha256& value,
                                         BootTime now) const SSE_REQUIRES(mutex_);
  void drop(Entries::iterator entry) SSE_REQUIRES(mutex_);
  void make_room(const std::string& principal, BootTime now) SSE_REQUIRES(mutex_);

  void tell_change() const {
    if (changed_) changed_();
  }

  const TicketOptions options_;
  std::function<void()> changed_;  // constant once requests come
  mutable Mutex mutex_;
  Entries entries_ SSE_GUARDED_BY(mutex_);
  std::list<auth::Sha256> all_ SSE_GUARDED_BY(mutex_);  // the oldest first
  std::map<std::string, std::list<auth::Sha256>> by_principal_ SSE_GUARDED_BY(mutex_);  // the same
  TicketCounts counts_ SSE_GUARDED_BY(mutex_);
  std::uint64_t last_number_ SSE_GUARDED_BY(mutex_) = 0;
};

}  // namespace sse::gate
