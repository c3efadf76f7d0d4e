#include "sse/gate/tickets.h"

#include <algorithm>

#include "sse/auth/base64url.h"
#include "sse/base/ascii.h"

namespace sse::gate {
namespace {

constexpr std::string_view kPrefix = "tk_";
constexpr std::string_view kSessionPrefix = "ss_";

// Of the hash of a ticket, what the name of its cookie has (CookieNames).
constexpr std::size_t kNameBytes = 4;

// Of tickets of one browser: far below what it keeps for a host.
constexpr std::size_t kMostCookies = 16;

// What is over is looked for among so many of the oldest, when a ticket is made.
constexpr int kMostLooks = 8;

Result<std::string> random_text() {
  const auto secret = SSE_TRY(auth::random_secret());
  return auth::base64url(auth::bytes_of(secret));
}

}  // namespace

Result<Tickets::Made> Tickets::make(Wish wish, BootTime now) {
  Made made;
  made.ticket = std::string(kPrefix) + SSE_TRY(random_text());
  made.expires = now + wish.life;
  made.use_before = std::min(now + options_.first_use, made.expires);
  {
    const MutexLock lock(mutex_);
    add({auth::sha256_of(made.ticket), false, std::move(wish), made.use_before, made.expires,
         std::nullopt},
        now);
    ++counts_.made;
  }
  tell_change();
  return made;
}

void Tickets::add(Kept kept, BootTime now) {
  const std::string principal = kept.wish.principal->id;
  make_room(principal, now);
  auto& own = by_principal_[principal];
  const auto in_all = all_.insert(all_.end(), kept.key);
  const auto in_own = own.insert(own.end(), kept.key);
  if (kept.is_session) ++counts_.sessions;
  const auto key = kept.key;
  entries_.emplace(key, Entry{std::move(kept), ++last_number_, 0, in_all, in_own});
}

void Tickets::make_room(const std::string& principal, BootTime now) {
  for (int look = 0; look < kMostLooks && !all_.empty(); ++look) {
    const auto oldest = entries_.find(all_.front());
    if (!is_over(oldest->second, now)) break;
    drop(oldest);
  }
  const std::size_t most_own = std::max<std::size_t>(options_.most / 10, 1);
  const auto own = by_principal_.find(principal);
  if (own != by_principal_.end() && own->second.size() >= most_own) {
    drop(entries_.find(own->second.front()));
    ++counts_.pushed_out;
  }
  if (entries_.size() >= options_.most) {
    drop(entries_.find(all_.front()));
    ++counts_.pushed_out;
  }
}

void Tickets::drop(Entries::iterator entry) {
  const auto own = by_principal_.find(entry->second.kept.wish.principal->id);
  own->second.erase(entry->second.in_own);
  if (own->second.empty()) by_principal_.erase(own);
  all_.erase(entry->second.in_all);
  if (entry->second.kept.is_session) --counts_.sessions;
  entries_.erase(entry);
}

std::optional<Tickets::Found> Tickets::find(std::string_view ticket, std::string_view cookie,
                                            BootTime now) const {
  if (!ticket.starts_with(kPrefix)) return std::nullopt;
  const auto key = auth::sha256_of(ticket);
  const auto given = auth::sha256_of(cookie);
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(key);
  if (entry == entries_.end() || is_over(entry->second, now)) return std::nullopt;
  const Kept& kept = entry->second.kept;
  if (kept.cookie && !auth::equals_in_constant_time(given, *kept.cookie)) return std::nullopt;
  return Found{kept.wish, kept.expires, kept.cookie.has_value()};
}

Result<std::optional<std::string>> Tickets::take(std::string_view ticket, BootTime now) {
  std::string cookie = SSE_TRY(random_text());
  const auto key = auth::sha256_of(ticket);
  {
    const MutexLock lock(mutex_);
    const auto entry = entries_.find(key);
    const bool is_free =
        entry != entries_.end() && !entry->second.kept.cookie && !is_over(entry->second, now);
    if (!is_free) return std::optional<std::string>();
    entry->second.kept.cookie = auth::sha256_of(cookie);
    ++counts_.taken;
  }
  tell_change();
  return std::optional(std::move(cookie));
}

std::vector<std::string> Tickets::leftovers(const std::vector<Cookie>& cookies,
                                            BootTime now) const {
  std::vector<std::string> names;
  std::vector<std::pair<std::uint64_t, std::string>> known;
  const MutexLock lock(mutex_);
  for (const auto& cookie : cookies) {
    // What a name has of the hash is where the entries with it begin.
    auth::Sha256 from{};
    const auto digits = cookie.name.substr(cookie.name.size() - kNameBytes * 2);
    for (std::size_t i = 0; i < kNameBytes; ++i) {
      from[i] =
          static_cast<std::uint8_t>(hex_value(digits[i * 2]) * 16 + hex_value(digits[i * 2 + 1]));
    }
    const auto value = auth::sha256_of(cookie.value);
    const auto number = number_of(from, value, now);
    if (!number) {
      names.emplace_back(cookie.name);
    } else {
      known.emplace_back(*number, cookie.name);
    }
  }
  std::sort(known.rbegin(), known.rend());
  for (std::size_t i = kMostCookies - 1; i < known.size(); ++i) names.push_back(known[i].second);
  return names;
}

std::optional<std::uint64_t> Tickets::number_of(const auth::Sha256& from, const auth::Sha256& value,
                                                BootTime now) const {
  const auto has_name = [&from](const auth::Sha256& key) {
    return std::equal(from.begin(), from.begin() + kNameBytes, key.begin());
  };
  for (auto entry = entries_.lower_bound(from); entry != entries_.end() && has_name(entry->first);
       ++entry) {
    const auto& kept = entry->second.kept;
    const bool is_it = kept.cookie && auth::equals_in_constant_time(value, *kept.cookie);
    if (is_it && !is_over(entry->second, now)) return entry->second.number;
  }
  return std::nullopt;
}

std::optional<auth::Sha256> Tickets::session_key(std::string_view secret) {
  if (!secret.starts_with(kSessionPrefix)) return std::nullopt;
  return auth::sha256_of(secret);
}

Result<std::string> Tickets::open_session(auth::SharedPrincipal principal, BootTime expires,
                                          BootTime now) {
  std::string secret = std::string(kSessionPrefix) + SSE_TRY(random_text());
  {
    const MutexLock lock(mutex_);
    add({auth::sha256_of(secret),
         true,
         {std::move(principal), {}, std::nullopt, expires - now},
         expires,
         expires,
         std::nullopt},
        now);
  }
  tell_change();
  return secret;
}

std::optional<Tickets::Session> Tickets::find_session(const auth::Sha256& key, BootTime now) const {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(key);
  const bool is_there =
      entry != entries_.end() && entry->second.kept.is_session && !is_over(entry->second, now);
  if (!is_there) return std::nullopt;
  const Kept& kept = entry->second.kept;
  return Session{kept.wish.principal, kept.expires, entry->second.renewals};
}

bool Tickets::renew_session(const auth::Sha256& key, auth::SharedPrincipal principal,
                            BootTime expires, BootTime now) {
  {
    const MutexLock lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end() || is_over(entry->second, now)) return false;
    entry->second.kept.wish.principal = std::move(principal);
    entry->second.kept.expires = expires;
    ++entry->second.renewals;
  }
  tell_change();
  return true;
}

void Tickets::end_session(const auth::Sha256& key) {
  {
    const MutexLock lock(mutex_);
    const auto entry = entries_.find(key);
    if (entry == entries_.end() || !entry->second.kept.is_session) return;
    drop(entry);
  }
  tell_change();
}

std::vector<Tickets::Kept> Tickets::kept(BootTime now) const {
  std::vector<Kept> all;
  const MutexLock lock(mutex_);
  all.reserve(entries_.size());
  for (const auto& key : all_) {
    const auto& entry = entries_.find(key)->second;
    if (!is_over(entry, now)) all.push_back(entry.kept);
  }
  return all;
}

void Tickets::load(std::vector<Kept> kept, BootTime now) {
  const MutexLock lock(mutex_);
  for (auto& each : kept) {
    if (entries_.find(each.key) == entries_.end()) add(std::move(each), now);
  }
}

TicketCounts Tickets::counts() const {
  const MutexLock lock(mutex_);
  TicketCounts counts = counts_;
  counts.open = entries_.size() - counts.sessions;
  return counts;
}

}  // namespace sse::gate
