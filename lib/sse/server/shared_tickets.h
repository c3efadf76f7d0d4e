#pragma once

/// \file
/// Tickets and sessions that the hubs of a cluster share.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/auth/sha256.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/gate/ticket_store.h"
#include "sse/journal/cluster_tickets.h"

namespace sse::server {

/// The engine has them. Of tickets nothing is kept here, so one that any hub has made can be taken
/// once, at any hub. Sessions by which requests came are kept here as long as the engine says once
/// a second which have changed: one that has ended elsewhere counts here for two seconds at most,
/// and for kMostSilence where the engine does not answer. From then on requests get 503; streams
/// that are open go on. What was asked of the engine and not answered is asked again with its next
/// word. Thread-safe: one lock, which no call is made under.
class SSE_EXPORT SharedTickets final : public gate::TicketStore {
 public:
  static constexpr std::chrono::seconds kMostSilence{5};
  /// Sessions that are asked for again with each word of the engine, beside those that it names.
  static constexpr std::size_t kMostAgain = 1'000;

  /// Both outlive this.
  SharedTickets(journal::ClusterTickets& engine, const Clock& clock,
                const gate::TicketOptions& options);

  bool answers_at_once() const override { return false; }
  AtOnce<Made> make(Wish wish, BootTime now, const Later<Made>& later) override;
  AtOnce<MayBeFound> find(std::string_view ticket, std::string_view cookie, BootTime now,
                          const Later<MayBeFound>& later) override;
  AtOnce<MayBeTaken> take(std::string_view ticket, const std::vector<gate::Cookie>& others,
                          BootTime now, const Later<MayBeTaken>& later) override;
  AtOnce<MayBeSession> find_session(const auth::Sha256& key, BootTime now,
                                    const Later<MayBeSession>& later) override;
  MayBeSession known_session(const auth::Sha256& key, BootTime now) const override;
  AtOnce<SignedIn> sign_in(SignIn wanted, BootTime now, const Later<SignedIn>& later) override;
  std::optional<Status> end_session(const auth::Sha256& key, const Later<void>& later) override;
  gate::TicketCounts counts() const override;
  void on_session_change(std::function<void()> changed) override { changed_ = std::move(changed); }

 private:
  struct Known {
    Session session;
    bool is_sure = true;  // false: it may have changed, and is asked for until there is an answer
  };

  void take_changes(const journal::SharedTicketChanges& changes) SSE_EXCLUDES(mutex_);
  std::set<auth::Sha256> unsure_after(const journal::SharedTicketChanges& changes)
      SSE_REQUIRES(mutex_);
  void ask_again(const auth::Sha256& key) SSE_EXCLUDES(mutex_);
  void end_unwanted(const std::string& hash) SSE_EXCLUDES(mutex_);
  void remember_unwanted(const std::string& hash) SSE_EXCLUDES(mutex_);
  MayBeSession note(const auth::Sha256& key, const journal::ClusterTickets::MayBeTicket& found)
      SSE_EXCLUDES(mutex_);
  struct Noted {
    MayBeSession session;
    bool has_changed = false;  // what was known of it
  };
  Noted keep(const auth::Sha256& key, const journal::ClusterTickets::MayBeTicket& found)
      SSE_EXCLUDES(mutex_);
  void forget(const auth::Sha256& key) SSE_EXCLUDES(mutex_);
  void tell_change() const {
    if (changed_) changed_();
  }

  journal::ClusterTickets& engine_;
  const Clock& clock_;
  const gate::TicketOptions options_;
  std::function<void()> changed_;  // constant once requests come
  mutable Mutex mutex_;
  std::map<auth::Sha256, Known> known_ SSE_GUARDED_BY(mutex_);
  std::optional<BootTime> heard_ SSE_GUARDED_BY(mutex_);      // asked then what has changed
  BootTime swept_ SSE_GUARDED_BY(mutex_);                     // of what is over
  auth::Sha256 asked_again_ SSE_GUARDED_BY(mutex_) = {};      // the last of those that were unsure
  std::vector<std::string> unwanted_ SSE_GUARDED_BY(mutex_);  // sessions that nothing has got
  gate::TicketCounts counts_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::server
