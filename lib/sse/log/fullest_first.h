#pragma once

/// \file
/// Which series is the longest? Answered in constant time while counts change by one.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sse/base/export.h"

namespace sse::log {

/// Members of a FullestFirst hold their own count and place.
struct Counted {
  std::size_t count = 0;
  std::uint64_t age = 0;  ///< of members with equal counts the lowest is first; none are equal
  std::size_t at = 0;     ///< where it stands in the heap; meaningless at a count of 0
};

/// A binary heap of those with a count, the highest first. Thread-compatible.
class SSE_EXPORT FullestFirst {
 public:
  /// One more or one less. Logarithmic in the number of members.
  void increase(Counted& member);
  void decrease(Counted& member);

  /// Forgets a member, whatever its count.
  void remove(Counted& member);

  /// The member with the highest count; null when all are at 0.
  Counted* fullest() const { return heap_.empty() ? nullptr : heap_.front(); }

 private:
  static bool is_before(const Counted& a, const Counted& b) {
    return a.count != b.count ? a.count > b.count : a.age < b.age;
  }
  void put(Counted& member, std::size_t at);
  void rise(Counted& member);
  void sink(Counted& member);

  std::vector<Counted*> heap_;
};

}  // namespace sse::log
