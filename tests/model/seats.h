#pragma once

/// \file
/// Which streams a full hub has place for: the reference of admission and eviction.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/life.h"

namespace sse::model {

/// Knows streams by numbers that its caller gives. Thread-compatible.
class Seats {
 public:
  explicit Seats(const Rules& rules) : rules_(rules) {}

  enum class Admission { kPlace, kFull, kPeerFull };
  Admission admit(const std::string& address) const;

  /// A stream that was admitted is open. The one that goes for it: the oldest of the address that
  /// has most; of equal addresses the one that has had a stream for longest.
  std::optional<std::uint64_t> open(std::uint64_t stream, const std::string& address);
  /// Nothing for one that has gone.
  void close(std::uint64_t stream);

 private:
  struct Seat {
    std::uint64_t stream = 0;
    std::string address;
  };
  struct Group {
    std::string address;
    std::size_t count = 0;
  };
  Group* group_of(const std::string& address);

  const Rules rules_;
  std::vector<Seat> seats_;    // in the order in which they were opened
  std::vector<Group> groups_;  // in the order in which each had a first stream
};

}  // namespace sse::model
