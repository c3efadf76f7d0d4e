#include "sse/gate/tickets.h"

#include <algorithm>

#include "sse/base/ascii.h"

namespace sse::gate {
namespace {

// What is over is looked for among so many of the oldest, when a ticket is made.
constexpr int kMostLooks = 8;

/// The first bytes of a hash, as the name of a cookie has them.
auth::Sha256 first_bytes(std::string_view digits) {
  auth::Sha256 bytes{};
  for (std::size_t i = 0; i < kCookieNameDigits / 2; ++i) {
    bytes[i] =
        static_cast<std::uint8_t>(hex_value(digits[i * 2]) * 16 + hex_value(digits[i * 2 + 1]));
  }
  return bytes;
}

}  // namespace

Result<Tickets::Made> Tickets::make(Wish wish, BootTime now) {
  Made made;
  made.ticket = SSE_TRY(new_ticket());
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
  const auto own = by_principal_.find(principal);
  if (own != by_principal_.end() && own->second.size() >= options_.most_own()) {
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

Tickets::MayBeFound Tickets::find(std::string_view ticket, std::string_view cookie,
                                  BootTime now) const {
  const auto key = ticket_key(ticket);
  if (!key) return std::nullopt;
  const auto given = auth::sha256_of(cookie);
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(*key);
  if (entry == entries_.end() || is_over(entry->second, now)) return std::nullopt;
  const Kept& kept = entry->second.kept;
  if (kept.cookie && !auth::equals_in_constant_time(given, *kept.cookie)) return std::nullopt;
  return Found{kept.wish, kept.expires, kept.cookie.has_value()};
}

Result<std::optional<std::string>> Tickets::take(std::string_view ticket, BootTime now) {
  std::string cookie = SSE_TRY(new_ticket_cookie());
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

Tickets::AtOnce<Tickets::MayBeTaken> Tickets::take(std::string_view ticket,
                                                   const std::vector<Cookie>& others, BootTime now,
                                                   const Later<MayBeTaken>& /*later*/) {
  auto cookie = take(ticket, now);
  if (!cookie) return Result<MayBeTaken>(cookie.error());
  if (!*cookie) return Result<MayBeTaken>(std::nullopt);
  return Result<MayBeTaken>(Taken{**std::move(cookie), leftovers(others, now)});
}

std::vector<std::string> Tickets::leftovers(const std::vector<Cookie>& cookies,
                                            BootTime now) const {
  std::vector<std::string> names;
  std::vector<std::optional<std::uint64_t>> numbers;
  {
    const MutexLock lock(mutex_);
    for (const auto& cookie : cookies) {
      names.emplace_back(cookie.name);
      numbers.push_back(
          number_of(first_bytes(name_digits(cookie)), auth::sha256_of(cookie.value), now));
    }
  }
  return leftovers_of(names, numbers);
}

std::optional<std::uint64_t> Tickets::number_of(const auth::Sha256& from, const auth::Sha256& value,
                                                BootTime now) const {
  const auto has_name = [&from](const auth::Sha256& key) {
    return std::equal(from.begin(), from.begin() + kCookieNameDigits / 2, key.begin());
  };
  for (auto entry = entries_.lower_bound(from); entry != entries_.end() && has_name(entry->first);
       ++entry) {
    const auto& kept = entry->second.kept;
    const bool is_it = kept.cookie && auth::equals_in_constant_time(value, *kept.cookie);
    if (is_it && !is_over(entry->second, now)) return entry->second.number;
  }
  return std::nullopt;
}

Tickets::AtOnce<Tickets::SignedIn> Tickets::sign_in(SignIn wanted, BootTime now,
                                                    const Later<SignedIn>& /*later*/) {
  const auto old = wanted.before ? find_session(*wanted.before, now) : std::nullopt;
  const bool is_same = old && old->principal->id == wanted.principal->id;
  if (is_same && renew_session(*wanted.before, wanted.principal, wanted.expires, now)) {
    return Result<SignedIn>(SignedIn());
  }
  auto secret = open_session(std::move(wanted.principal), wanted.expires, now);
  if (!secret) return Result<SignedIn>(secret.error());
  if (old) end_session(*wanted.before);
  return Result<SignedIn>(SignedIn{*std::move(secret), old.has_value()});
}

Result<std::string> Tickets::open_session(auth::SharedPrincipal principal, BootTime expires,
                                          BootTime now) {
  std::string secret = SSE_TRY(new_session());
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

Tickets::MayBeSession Tickets::find_session(const auth::Sha256& key, BootTime now) const {
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
