#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sse::json {

/// Which keys the objects of a text have, so that one that an object has twice is found. A key is
/// kept as 64 bits of a keyed hash: a peer cannot make two that are equal, and in a body of 100,000
/// keys two are equal by chance once in 3,000,000,000 bodies. Thread-compatible.
class KeySet {
 public:
  /// False: the object has the key already. `object`: a number that no other object has.
  bool insert(std::uint32_t object, std::string_view key);

 private:
  bool place(std::uint64_t hash);
  void grow();

  std::vector<std::uint64_t> slots_;  // a free one is 0; a power of two of them, or none
  std::size_t size_ = 0;
};

}  // namespace sse::json
