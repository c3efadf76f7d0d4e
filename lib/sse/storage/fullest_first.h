#pragma once

/// \file
/// Who holds the most? Answered in constant time while counts change by one.

#include <cstddef>
#include <vector>

#include "sse/base/export.h"

namespace sse::storage {

/// Members of a FullestFirst hold their own links and count.
struct Counted {
  std::size_t count = 0;
  Counted* previous = nullptr;
  Counted* next = nullptr;
};

/// Keeps members in one list per count. Members with a count of 0 are in no list.
/// Thread-compatible.
class SSE_EXPORT FullestFirst {
 public:
  /// One more or one less. Constant time.
  void increase(Counted& member);
  void decrease(Counted& member);

  /// Forgets a member, whatever its count. Amortised constant time.
  void remove(Counted& member);

  /// The member with the highest count: of several, the one that has had it for longest. Null when
  /// all are at 0.
  Counted* fullest() const;

 private:
  struct List {
    Counted* first = nullptr;
    Counted* last = nullptr;
  };

  void link(Counted& member);
  void unlink(Counted& member);

  std::vector<List> lists_;  // by count
  std::size_t highest_ = 0;  // count of the fullest
};

}  // namespace sse::storage
