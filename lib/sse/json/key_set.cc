#include "sse/json/key_set.h"

#include <algorithm>
#include <utility>

#include "sse/base/keyed_hash.h"
#include "sse/base/random.h"

namespace sse::json {
namespace {

constexpr std::size_t kFirstSlots = 16;

/// Of this process: it shows in no outcome, so no test has to choose it.
struct Secret {
  std::uint64_t key0;
  std::uint64_t key1;
};

const Secret& secret() {
  static const Secret of_process = [] {
    SystemRandom random;
    return Secret{random.next(), random.next()};
  }();
  return of_process;
}

std::uint64_t hash_of(std::uint32_t object, std::string_view key) {
  const Secret& keys = secret();
  return std::max<std::uint64_t>(KeyedHash(keys.key0 ^ object, keys.key1)(key), 1);
}

}  // namespace

bool KeySet::insert(std::uint32_t object, std::string_view key) {
  if (4 * (size_ + 1) > 3 * slots_.size()) grow();
  if (!place(hash_of(object, key))) return false;
  ++size_;
  return true;
}

bool KeySet::place(std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  for (; slots_[at] != 0; at = (at + 1) & mask) {
    if (slots_[at] == hash) return false;
  }
  slots_[at] = hash;
  return true;
}

void KeySet::grow() {
  const auto before =
      std::exchange(slots_, std::vector<std::uint64_t>(std::max(kFirstSlots, 2 * slots_.size())));
  for (const std::uint64_t hash : before) {
    if (hash != 0) place(hash);
  }
}

}  // namespace sse::json
