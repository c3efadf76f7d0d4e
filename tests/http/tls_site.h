#pragma once

#include <memory>
#include <string>
#include <utility>

#include "http/site.h"
#include "support/tls_client.h"
#include "support/tls_material.h"

namespace sse::http {

using test::TlsClient;

inline constexpr char kHello[] = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

/// A site whose connections speak TLS.
struct SecureSite : Site {
  explicit SecureSite(ServerOptions given = {}) : Site(given) {
    static const auto context = test::make_tls_context();
    router.add("GET", "/how", [](Call& call) {
      const Request& request = call.request();
      call.response().body = request.remote_address + (request.is_secure ? " secure" : " clear");
    });
    set();
    state->tls.set(context);
  }

  Peer& connect_tls(std::string address = "192.0.2.1:99") {
    Peer& peer = peers.emplace_back();
    peer.set_address(std::move(address));
    set().count_dealt();
    set().adopt(std::make_unique<test::MemorySocket>(peer), Entrance::kMain, Transport::kTls);
    return peer;
  }
  /// Until both sides have nothing to say.
  void talk(TlsClient& client) {
    for (int i = 0; i < 10; ++i) {
      client.pump();
      turns();
    }
  }
  std::size_t under_way() { return set().handshakes_under_way(); }
};

inline std::string hello_of(const test::TlsWish& wish = {}) {
  Peer nowhere;
  TlsClient client(nowhere, wish);
  client.feed({});
  return client.take_sealed();
}

}  // namespace sse::http
