#pragma once

/// \file
/// Streams that are bad at reading.

#include <cstdint>
#include <vector>

#include "sse/base/unique_fd.h"

#include "target.h"

namespace sse::bench {

/// Some streams that never read a byte, and some that read a little each second. What they get is
/// not looked at. Thread-compatible.
class SlowPeers {
 public:
  SlowPeers(const Target& target, std::size_t deaf, std::size_t trickling,
            std::uint64_t bytes_a_second);

  /// Reads what is due by now from those that trickle.
  void read();

  /// How many could be opened.
  std::size_t count() const { return deaf_.size() + trickling_.size(); }
  /// Of those that trickle: closed by the hub.
  std::size_t closed() const { return closed_; }

 private:
  const std::uint64_t bytes_a_second_;
  const std::int64_t begin_;
  std::uint64_t bytes_read_each_ = 0;
  std::size_t closed_ = 0;
  std::vector<UniqueFd> deaf_;
  std::vector<UniqueFd> trickling_;
};

}  // namespace sse::bench
