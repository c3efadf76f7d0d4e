#pragma once

#include <optional>
#include <string>
#include <utility>

#include "http/site.h"
#include "support/http2_peer.h"

namespace sse::http {

inline ServerOptions with_h2c(ServerOptions options = {}) {
  options.h2c = true;
  return options;
}

/// A Site whose peer speaks HTTP/2.
struct TwoSite : Site {
  explicit TwoSite(ServerOptions given = {}, test::Http2Peer::Options windows = {})
      : Site(with_h2c(given)), windows_(windows) {}

  Peer& wire() {
    if (wire_ == nullptr) wire_ = &connect("192.0.2.1:1000");
    return *wire_;
  }
  test::Http2Peer& peer() {
    if (!peer_) peer_.emplace(wire(), windows_);
    return *peer_;
  }
  /// Bytes go both ways until nothing more happens.
  void talk(int rounds = 20) {
    for (int i = 0; i < rounds; ++i) {
      peer().exchange();
      for (int turn = 0; turn < 6; ++turn) loop->turn();
    }
  }
  /// Time passes second by second.
  void wait(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      pass(std::chrono::seconds(1));
      talk(2);
    }
  }
  const SessionCounts& counts() { return std::as_const(set()).counts().sessions; }
  std::uint64_t resets(ResetReason reason) {
    return counts().resets[static_cast<std::size_t>(reason)].load();
  }

 private:
  test::Http2Peer::Options windows_;
  Peer* wire_ = nullptr;
  std::optional<test::Http2Peer> peer_;
};

}  // namespace sse::http
