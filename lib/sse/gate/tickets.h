#pragma once

/// \file
/// Tickets: how a browser's EventSource, which cannot send a header, opens a stream, and opens it
/// again after each cut (docs/access.md). Sessions, by which a page does all that its user may.

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
#include "sse/gate/ticket_store.h"

namespace sse::gate {

/// In memory, and at once. Thread-safe: one lock.
class SSE_EXPORT Tickets final : public TicketStore {
 public:
  explicit Tickets(const TicketOptions& options) : options_(options) {}

  Result<Made> make(Wish wish, BootTime now);
  MayBeFound find(std::string_view ticket, std::string_view cookie, BootTime now) const;
  /// The value of its cookie; nullopt: another use was first, on another loop.
  Result<std::optional<std::string>> take(std::string_view ticket, BootTime now);
  std::vector<std::string> leftovers(const std::vector<Cookie>& cookies, BootTime now) const;

  /// Returns its secret.
  Result<std::string> open_session(auth::SharedPrincipal principal, BootTime expires, BootTime now);
  MayBeSession find_session(const auth::Sha256& key, BootTime now) const;
  /// REQUIRES: the principal has the id of the one before. False: there is no such session.
  bool renew_session(const auth::Sha256& key, auth::SharedPrincipal principal, BootTime expires,
                     BootTime now);
  void end_session(const auth::Sha256& key);

  // TicketStore
  bool answers_at_once() const override { return true; }
  AtOnce<Made> make(Wish wish, BootTime now, const Later<Made>& /*later*/) override {
    return make(std::move(wish), now);
  }
  AtOnce<MayBeFound> find(std::string_view ticket, std::string_view cookie, BootTime now,
                          const Later<MayBeFound>& /*later*/) override {
    return Result<MayBeFound>(find(ticket, cookie, now));
  }
  AtOnce<MayBeTaken> take(std::string_view ticket, const std::vector<Cookie>& others, BootTime now,
                          const Later<MayBeTaken>& later) override;
  AtOnce<MayBeSession> find_session(const auth::Sha256& key, BootTime now,
                                    const Later<MayBeSession>& /*later*/) override {
    return Result<MayBeSession>(find_session(key, now));
  }
  MayBeSession known_session(const auth::Sha256& key, BootTime now) const override {
    return find_session(key, now);
  }
  AtOnce<SignedIn> sign_in(SignIn wanted, BootTime now, const Later<SignedIn>& later) override;
  std::optional<Status> end_session(const auth::Sha256& key,
                                    const Later<void>& /*later*/) override {
    end_session(key);
    return Status();
  }
  TicketCounts counts() const override;
  /// Nothing is done elsewhere.
  void on_session_change(std::function<void()> /*changed*/) override {}

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
