#include "sse/server/shared_tickets.h"

#include <algorithm>
#include <utility>

#include "sse/gate/ticket_text.h"

namespace sse::server {
namespace {

using journal::SharedTicket;
using std::chrono::milliseconds;
using Engine = journal::ClusterTickets;

constexpr std::chrono::minutes kSweepAfter{1};

milliseconds life_until(BootTime end, BootTime now) {
  return std::chrono::ceil<milliseconds>(end - now);
}

bool is_cookie(std::string_view cookie, const std::string& hash) {
  const auto kept = auth::parse_sha256(hash);
  return kept && auth::equals_in_constant_time(auth::sha256_of(cookie), *kept);
}

/// Whether what was asked may be done all the same, even later: only its outcome did not come in
/// time.
bool is_in_doubt(const Error& error) {
  return error.code != ErrorCode::kFull;
}

}  // namespace

SharedTickets::SharedTickets(Engine& engine, const Clock& clock, const gate::TicketOptions& options)
    : engine_(engine), clock_(clock), options_(options) {
  engine_.on_changes([this](const auto& changes) { take_changes(changes); });
}

SharedTickets::AtOnce<SharedTickets::Made> SharedTickets::make(Wish wish, BootTime now,
                                                               const Later<Made>& later) {
  auto secret = gate::new_ticket();
  if (!secret) return Result<Made>(secret.error());
  SharedTicket ticket;
  ticket.hash = auth::to_hex(auth::sha256_of(*secret));
  ticket.principal = wish.principal->id;
  ticket.text = gate::text_of_wish(wish);
  ticket.life = std::chrono::ceil<milliseconds>(wish.life);
  ticket.first_use = std::chrono::ceil<milliseconds>(options_.first_use);
  const BootTime expires = now + wish.life;
  const Made made{*std::move(secret), std::min(now + options_.first_use, expires), expires};
  engine_.add(std::move(ticket), {options_.most, options_.most_own()},
              [this, made, done = later()](const Result<std::size_t>& added) {
                if (!added) return done(added.error());
                {
                  const MutexLock lock(mutex_);
                  ++counts_.made;
                  counts_.pushed_out += *added;
                }
                done(made);
              });
  return std::nullopt;
}

SharedTickets::AtOnce<SharedTickets::MayBeFound> SharedTickets::find(
    std::string_view ticket, std::string_view cookie, BootTime /*now*/,
    const Later<MayBeFound>& later) {
  const auto key = gate::ticket_key(ticket);
  if (!key) return Result<MayBeFound>(std::nullopt);
  engine_.find(auth::to_hex(*key), [this, cookie = std::string(cookie),
                                    done = later()](const Result<Engine::MayBeTicket>& found) {
    if (!found) return done(found.error());
    const auto& kept = *found;
    const bool counts =
        kept && !kept->is_session && (kept->cookie.empty() || is_cookie(cookie, kept->cookie));
    if (!counts) return done(MayBeFound());
    auto wish = gate::read_wish(kept->text);
    if (!wish) return done(MayBeFound());  // of a hub of another version
    done(
        MayBeFound(Found{*std::move(wish), clock_.now().boot + kept->life, !kept->cookie.empty()}));
  });
  return std::nullopt;
}

SharedTickets::AtOnce<SharedTickets::MayBeTaken> SharedTickets::take(
    std::string_view ticket, const std::vector<gate::Cookie>& others, BootTime /*now*/,
    const Later<MayBeTaken>& later) {
  auto cookie = gate::new_ticket_cookie();
  if (!cookie) return Result<MayBeTaken>(cookie.error());
  std::vector<std::string> names;
  std::vector<Engine::Cookie> cookies;
  for (const gate::Cookie& other : others) {
    names.emplace_back(other.name);
    cookies.push_back(
        {std::string(gate::name_digits(other)), auth::to_hex(auth::sha256_of(other.value))});
  }
  const auto take_outcome = [this, cookie = *cookie, names = std::move(names),
                             done = later()](const Result<Engine::MayBeNumbers>& numbers) {
    if (!numbers && is_in_doubt(numbers.error())) {
      return done(MayBeTaken(Taken{cookie, {}, numbers.error()}));
    }
    if (!numbers) return done(numbers.error());
    if (!*numbers) return done(MayBeTaken());
    {
      const MutexLock lock(mutex_);
      ++counts_.taken;
    }
    done(MayBeTaken(Taken{cookie, gate::leftovers_of(names, **numbers), {}}));
  };
  engine_.take(auth::to_hex(auth::sha256_of(ticket)), auth::to_hex(auth::sha256_of(*cookie)),
               std::move(cookies), take_outcome);
  return std::nullopt;
}

// ---- sessions

SharedTickets::AtOnce<SharedTickets::MayBeSession> SharedTickets::find_session(
    const auth::Sha256& key, BootTime now, const Later<MayBeSession>& later) {
  {
    const MutexLock lock(mutex_);
    const auto known = known_.find(key);
    const bool is_sure = known != known_.end() && known->second.is_sure && heard_ &&
                         now - *heard_ < kMostSilence && now < known->second.session.expires;
    if (is_sure) return Result<MayBeSession>(known->second.session);
  }
  engine_.find(auth::to_hex(key),
               [this, key, done = later()](const Result<Engine::MayBeTicket>& found) {
                 if (!found) return done(found.error());
                 done(note(key, *found));
               });
  return std::nullopt;
}

SharedTickets::MayBeSession SharedTickets::known_session(const auth::Sha256& key,
                                                         BootTime now) const {
  const MutexLock lock(mutex_);
  const auto known = known_.find(key);
  if (known == known_.end() || now >= known->second.session.expires) return std::nullopt;
  return known->second.session;
}

/// What the engine has said is what is known here. Streams of one that is gone end with the next
/// review: it is told here, since the change that comes with the next look finds nothing new.
SharedTickets::MayBeSession SharedTickets::note(const auth::Sha256& key,
                                                const Engine::MayBeTicket& found) {
  auto noted = keep(key, found);
  if (noted.has_changed) tell_change();
  return std::move(noted.session);
}

SharedTickets::Noted SharedTickets::keep(const auth::Sha256& key,
                                         const Engine::MayBeTicket& found) {
  auto wish = found && found->is_session ? gate::read_wish(found->text)
                                         : Result<Wish>(Error{ErrorCode::kNotFound, ""});
  const BootTime now = clock_.now().boot;
  const MutexLock lock(mutex_);
  const auto known = known_.find(key);
  const bool was_known = known != known_.end();
  if (!wish) {
    if (was_known) known_.erase(known);
    return {std::nullopt, was_known};
  }
  Session session{wish->principal, now + found->life, found->renewals};
  // Streams of a session that is as it was have this principal.
  const bool is_same = was_known && known->second.session.renewals == session.renewals;
  if (is_same) session = known->second.session;
  known_.insert_or_assign(key, Known{session});
  return {session, was_known && !is_same};
}

void SharedTickets::forget(const auth::Sha256& key) {
  const MutexLock lock(mutex_);
  known_.erase(key);
}

SharedTickets::AtOnce<SharedTickets::SignedIn> SharedTickets::sign_in(
    SignIn wanted, BootTime now, const Later<SignedIn>& later) {
  auto secret = gate::new_session();
  if (!secret) return Result<SignedIn>(secret.error());
  SharedTicket session;
  session.is_session = true;
  session.hash = auth::to_hex(auth::sha256_of(*secret));
  session.principal = wanted.principal->id;
  session.text = gate::text_of_wish({wanted.principal, {}, std::nullopt, wanted.expires - now});
  session.life = life_until(wanted.expires, now);
  const auto take_outcome = [this, secret = *secret, before = wanted.before, hash = session.hash,
                             done = later()](const Result<Engine::SignInDone>& outcome) {
    if (!outcome) {
      if (is_in_doubt(outcome.error())) end_unwanted(hash);
      return done(outcome.error());
    }
    {
      const MutexLock lock(mutex_);
      counts_.pushed_out += outcome->dropped;
    }
    const bool is_renewed = outcome->how == Engine::SignedIn::kRenewed;
    if (outcome->how == Engine::SignedIn::kOther) forget(*before);
    // Its streams here are reviewed by what it is now.
    if (!is_renewed) return done(SignedIn{secret, outcome->how == Engine::SignedIn::kOther});
    engine_.find(auth::to_hex(*before),
                 [this, before, done](const Result<Engine::MayBeTicket>& found) {
                   if (found) note(*before, *found);
                   done(SignedIn());
                 });
  };
  engine_.sign_in(wanted.before ? auth::to_hex(*wanted.before) : std::string(), std::move(session),
                  {options_.most, options_.most_own()}, take_outcome);
  return std::nullopt;
}

std::optional<Status> SharedTickets::end_session(const auth::Sha256& key,
                                                 const Later<void>& later) {
  engine_.end(auth::to_hex(key), [this, key, done = later()](const Status& ended) {
    if (ended) forget(key);
    done(ended);
  });
  return std::nullopt;
}

// ---- what other hubs have done

void SharedTickets::take_changes(const journal::SharedTicketChanges& changes) {
  std::set<auth::Sha256> again;
  std::vector<std::string> unwanted;
  {
    const BootTime now = clock_.now().boot;
    const MutexLock lock(mutex_);
    heard_ = std::max(heard_.value_or(changes.asked), changes.asked);
    counts_.open = changes.tickets;
    counts_.sessions = changes.sessions;
    if (now - swept_ >= kSweepAfter) {
      swept_ = now;
      std::erase_if(known_, [&](const auto& each) { return now >= each.second.session.expires; });
    }
    again = unsure_after(changes);
    unwanted.swap(unwanted_);
  }
  for (const auto& key : again) ask_again(key);
  for (const auto& hash : unwanted) {
    engine_.end(hash, [this, hash](const Status& ended) {
      if (!ended) remember_unwanted(hash);
    });
  }
}

/// Those that the engine names, and of the others some, in turn.
std::set<auth::Sha256> SharedTickets::unsure_after(const journal::SharedTicketChanges& changes) {
  std::set<auth::Sha256> unsure;
  for (const auto& hash : changes.sessions_changed) {
    const auto key = auth::parse_sha256(hash);
    const auto known = key ? known_.find(*key) : known_.end();
    if (known == known_.end()) continue;
    known->second.is_sure = false;
    unsure.insert(*key);
  }
  auto next = known_.upper_bound(asked_again_);
  std::size_t others = 0;
  for (std::size_t i = 0; i < known_.size(); ++i, ++next) {
    if (next == known_.end()) next = known_.begin();
    auto& [key, known] = *next;
    if (changes.may_be_more) known.is_sure = false;
    if (known.is_sure || others == kMostAgain || !unsure.insert(key).second) continue;
    ++others;
    asked_again_ = key;
  }
  return unsure;
}

void SharedTickets::ask_again(const auth::Sha256& key) {
  engine_.find(auth::to_hex(key), [this, key](const Result<Engine::MayBeTicket>& found) {
    if (found) note(key, *found);
  });
}

/// Of a session that may be made yet, though its browser has got no cookie: it ends behind that,
/// and once more with the next word of the engine, for the call before may arrive over a connection
/// that was lost.
void SharedTickets::end_unwanted(const std::string& hash) {
  engine_.end(hash, [](const Status&) {});
  remember_unwanted(hash);
}

void SharedTickets::remember_unwanted(const std::string& hash) {
  const MutexLock lock(mutex_);
  if (unwanted_.size() < options_.most) unwanted_.push_back(hash);
}

gate::TicketCounts SharedTickets::counts() const {
  const MutexLock lock(mutex_);
  return counts_;
}

}  // namespace sse::server
