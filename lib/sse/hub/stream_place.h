#pragma once

/// \file
/// A place for a stream that does not exist yet, or why there is none.

#include <chrono>
#include <cstdint>
#include <utility>
#include <variant>

#include "sse/base/export.h"
#include "sse/hub/counts.h"

namespace sse::hub {

class StreamRegistry;
struct PeerGroup;

/// Room for one stream, as Hub::admit() gives it. Until Hub::open_stream() takes it, it counts
/// where streams are counted (max_clients with WhenFull::kReject, max_per_peer,
/// max_filter_bytes). Unused, it gives
/// itself back when it is destroyed. Thread-compatible; it must not outlive the hub.
class SSE_EXPORT StreamPlace {
 public:
  StreamPlace(StreamPlace&& other) noexcept
      : registry_(std::exchange(other.registry_, nullptr)),
        peer_(other.peer_),
        filter_kib_(other.filter_kib_) {}
  StreamPlace& operator=(StreamPlace&& other) noexcept {
    std::swap(registry_, other.registry_);
    std::swap(peer_, other.peer_);
    std::swap(filter_kib_, other.filter_kib_);
    return *this;
  }
  ~StreamPlace();

 private:
  friend class StreamRegistry;  // makes it, and takes it

  StreamPlace(StreamRegistry& registry, PeerGroup& peer, std::uint8_t filter_kib)
      : registry_(&registry), peer_(&peer), filter_kib_(filter_kib) {}

  StreamRegistry* registry_;  // null: nothing to give back
  PeerGroup* peer_;           // whose it is
  std::uint8_t filter_kib_;   // what its stream's filter takes
};

/// Why a stream was refused, and how long its subscriber is to stay away: 10 to 30 s, spread.
struct StreamRefusal {
  Refusal reason = Refusal::kFull;
  std::chrono::milliseconds stay_away{0};
};

using Admission = std::variant<StreamPlace, StreamRefusal>;

}  // namespace sse::hub
