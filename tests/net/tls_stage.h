#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/net/tls_socket.h"

#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/memory_socket.h"
#include "support/tls_client.h"
#include "support/tls_material.h"

namespace sse::net {

/// A context is made once: a key takes a while.
inline const std::shared_ptr<const TlsContext>& shared_context() {
  static const auto context = test::make_tls_context();
  return context;
}

/// A TlsSocket between a client and a handler that remembers what it was told.
struct TlsStage final : ReadyHandler {
  explicit TlsStage(const test::TlsWish& wish = {},
                    std::shared_ptr<const TlsContext> context = shared_context())
      : client(peer, wish) {
    auto opened = Loop::open(clock);
    REQUIRE(opened);
    loop = std::move(opened).value();
    socket = TlsSocket::make(std::make_unique<test::MemorySocket>(peer), std::move(context));
    REQUIRE(socket != nullptr);
    REQUIRE(socket->attach(*loop, *this));
  }

  void on_ready(Readiness readiness) override {
    told.push_back(readiness);
    if (when_ready) when_ready(readiness);
  }

  TlsSocket::Handshake shake_hands() {
    auto state = TlsSocket::Handshake::kWaiting;
    for (int i = 0; i < 10 && state == TlsSocket::Handshake::kWaiting; ++i) {
      client.pump();
      state = socket->shake_hands();
    }
    client.pump();
    return state;
  }

  /// One read of the hub, of at most so many bytes.
  std::string read(std::size_t most = 65'536) {
    std::string into(most, '\0');
    last = socket->read(into);
    into.resize(last.bytes);
    return into;
  }

  IoResult write(std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    return socket->write({&piece, 1});
  }

  bool was_told_writable() {
    bool was = false;
    for (const auto& readiness : told) was = was || readiness.writable;
    told.clear();
    return was;
  }

  test::ManualClock clock;
  std::unique_ptr<Loop> loop;
  test::Peer peer;
  test::TlsClient client;
  std::unique_ptr<TlsSocket> socket;
  std::vector<Readiness> told;
  std::function<void(Readiness)> when_ready;
  IoResult last;
};

}  // namespace sse::net
