#pragma once

/// \file
/// A hub whose streams have an interval.

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/hub_stage.h"

namespace sse::hub {

using test::filter_of;

inline constexpr std::chrono::milliseconds kEvery{500};

/// A hub whose streams have the interval kEvery; a slot begins now.
struct PacedStage : test::HubStage {
  explicit PacedStage(HubOptions options = quiet(), log::EventLog::Options log = {})
      : HubStage(options, log) {
    every = kEvery;
  }
  static HubOptions quiet() {
    HubOptions options;
    options.heartbeat = std::chrono::seconds(0);
    options.max_clients = 100'000;
    return options;
  }

  /// A stream whose greeting is over.
  test::Peer& open_settled(const log::StartRequest& request = log::FromLatest{},
                           std::unique_ptr<const Filter> filter = nullptr) {
    test::Peer& peer = open(request, std::move(filter));
    settle();
    peer.take();
    return peer;
  }
  /// To the beginning of the next slot, and what is sent in it.
  void next_slot() {
    settle();
    clock.advance(kEvery);
    settle();
  }
  std::uint64_t conflated() {
    loop().turn();
    return hub->counts().conflated_events;
  }
};

inline std::vector<std::string> events_of(test::Peer& peer) {
  return test::HubStage::events_of(peer.take());
}

inline std::string id_only(const wire::EventId& id) {
  return "id: " + wire::to_string(id) + "\n\n";
}

}  // namespace sse::hub
