#include "sse/auth/verified_tokens.h"

#include <utility>

namespace sse::auth {
namespace {

/// The entry, its place in the table, and what the allocator adds to both.
constexpr std::size_t kOfEntry = 256;

}  // namespace

VerifiedTokens::VerifiedTokens(std::size_t most, RandomSource& random)
    : most_(most), by_token_(most, KeyedHash(random)) {
}

SharedPrincipal VerifiedTokens::find(const Sha256& token, WallTime now) {
  const MutexLock lock(mutex_);
  const auto found = by_token_.find(bytes_of(token));
  if (found == by_token_.end()) return nullptr;
  const auto entry = found->second;
  if (entry->principal->is_expired(now)) {
    drop(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->principal;
}

VerifiedTokens::Generation VerifiedTokens::generation() const {
  const MutexLock lock(mutex_);
  return generation_;
}

void VerifiedTokens::insert(Generation checked_at, const Sha256& token, SharedPrincipal principal) {
  const MutexLock lock(mutex_);
  if (checked_at != generation_ || most_ == 0) return;
  if (by_token_.contains(bytes_of(token))) return;  // two loops checked it at once
  const std::size_t bytes = kOfEntry + footprint(*principal);
  if (entries_.size() == most_) drop(std::prev(entries_.end()));
  while (!entries_.empty() && bytes_ + bytes > kMostBytes) drop(std::prev(entries_.end()));
  bytes_ += bytes;
  entries_.push_front({token, std::move(principal), bytes});
  by_token_.emplace(bytes_of(entries_.front().token), entries_.begin());
}

void VerifiedTokens::clear() {
  const MutexLock lock(mutex_);
  ++generation_;
  by_token_.clear();
  entries_.clear();
  bytes_ = 0;
}

std::size_t VerifiedTokens::size() const {
  const MutexLock lock(mutex_);
  return entries_.size();
}

std::size_t VerifiedTokens::bytes() const {
  const MutexLock lock(mutex_);
  return bytes_;
}

void VerifiedTokens::drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  by_token_.erase(bytes_of(entry->token));
  entries_.erase(entry);
}

}  // namespace sse::auth
