#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sse/base/export.h"

namespace sse::hub {

class Filter;

/// One open stream, as an operator sees it. A value.
struct SSE_EXPORT ListedStream {
  /// Patterns of a filter that are listed; a subscriber may have 64, of 256 bytes each.
  static constexpr std::size_t kMostPatterns = 10;

  std::string id{};         ///< of this stream alone, while it is open
  std::string peer;         ///< `address:port`, or `unix`
  std::string principal{};  ///< whose it is; empty where no credentials are asked for
  unsigned loop = 0;
  std::chrono::seconds age{0};
  std::uint64_t lag_events = 0;  ///< of the log, before filtering
  std::uint64_t lag_bytes = 0;
  std::uint64_t bytes_sent = 0;
  bool is_blocked = false;           ///< the socket takes nothing for now
  bool is_parked = false;            ///< its next events are being read from the disk
  std::size_t patterns = 0;          ///< of its filter; 0: it gets everything
  std::vector<std::string> types{};  ///< the first patterns, of both kinds together
  std::vector<std::string> topics{};

  /// Sets the last three.
  void set_patterns(const Filter& filter);
};

}  // namespace sse::hub
