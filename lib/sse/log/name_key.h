#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sse/base/keyed_hash.h"

namespace sse::log {

/// The longest type or topic that a log takes.
inline constexpr std::size_t kMaxNameSize = 1024;

/// A type or topic and its hash, which is made outside the log's lock.
struct NameKey {
  NameKey(std::string_view name, const KeyedHash& hash_of)
      : NameKey(name, std::uint64_t{hash_of(name)}) {}
  NameKey(std::string_view name, std::uint64_t known_hash) : text(name), hash(known_hash) {}

  std::string_view text;
  std::uint64_t hash;
};

}  // namespace sse::log
