// Connections that speak TLS.

#include <chrono>
#include <string>
#include <string_view>

#include "sse/net/tls_peer.h"

#include "http/tls_site.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A request over TLS is answered, and knows that it is", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  site.talk(client);
  REQUIRE(client.is_done());
  CHECK(site.set().counts().tls_13 == 1);
  for (int i = 0; i < 2; ++i) {
    client.write("GET /how HTTP/1.1\r\nHost: h\r\n\r\n");
    site.talk(client);
    CHECK(has(client.take(), "192.0.2.1 secure"));
  }
  CHECK(site.state->open.all() == 1);
  client.close_notify();
  client.pump();
  peer.finish();
  site.turns();
  CHECK(peer.is_closed());
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("A request that comes with the end of the handshake is answered", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  for (int i = 0; i < 10 && !client.is_done(); ++i) {
    client.feed(peer.take());
    if (client.is_done()) client.write(kHello);
    peer.send(client.take_sealed());
    site.turns();
  }
  site.talk(client);
  CHECK(has(client.received(), "hello"));
}

TEST_CASE("Plain HTTP where TLS is spoken gets a 400 in the clear", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  peer.send(kHello);
  site.turns();
  CHECK(has(peer.received(), "HTTP/1.1 400 "));
  CHECK(has(peer.received(), "https"));
  CHECK(has(peer.received(), "Connection: close"));
  CHECK(peer.saw_end());
  CHECK(peer.unread() == 0);  // a reset would destroy the answer
  CHECK(site.set().counts().tls_plain_http == 1);
}

TEST_CASE("What is neither TLS nor HTTP is closed without a byte", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  peer.send(std::string_view("\x00\x01\x02", 3));
  site.turns();
  CHECK(peer.is_closed());
  CHECK(peer.received().empty());
  CHECK(site.set().counts().tls_refused == 1);
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("The header of a proxy comes before TLS", "[http][tls]") {
  SecureSite site;
  site.hooks.sends_proxy_head = [](std::string_view address) { return address == "10.0.0.7"; };
  site.made.reset();
  const auto context = site.state->tls.get();
  site.state.reset();
  site.set();
  site.state->tls.set(context);
  Peer& peer = site.connect_tls("10.0.0.7:99");
  TlsClient client(peer);
  client.feed({});
  // The hello comes with it.
  peer.send("PROXY TCP4 192.0.2.77 10.0.0.7 56324 443\r\n" + client.take_sealed());
  site.talk(client);
  REQUIRE(client.is_done());
  client.write("GET /how HTTP/1.1\r\nHost: h\r\n\r\n");
  site.talk(client);
  CHECK(has(client.received(), "192.0.2.77 secure"));
}

TEST_CASE("A drain ends handshakes, and says the end of what is open", "[http][tls]") {
  SecureSite site;
  Peer& open = site.connect_tls();
  TlsClient client(open);
  site.talk(client);
  Peer& half = site.connect_tls();
  half.send(hello_of().substr(0, 20));
  Peer& stuck = site.connect_tls();
  stuck.send(hello_of());
  site.turns();
  bool is_empty = false;
  site.set().drain(1s, [&] { is_empty = true; });
  site.turns();
  CHECK(is_empty);
  CHECK(half.is_closed());
  CHECK(stuck.is_closed());
  client.pump();
  CHECK(client.saw_close_notify());
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("An answer that is not read keeps no drain from ending", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  site.talk(client);
  peer.set_room(0);
  client.write(kHello);
  client.pump();
  site.turns();
  bool is_empty = false;
  site.set().drain(1s, [&] { is_empty = true; });
  for (int i = 0; i < 30; ++i) site.pass(100ms);
  CHECK(is_empty);
  CHECK(peer.is_closed());
}

TEST_CASE("New connections get the new certificate, and open ones go on", "[http][tls]") {
  SecureSite site;
  TlsClient old(site.connect_tls());
  site.talk(old);
  REQUIRE(old.is_done());
  site.state->tls.set(test::make_tls_context({.least = net::TlsVersion::k13}));
  TlsClient fresh(site.connect_tls());
  site.talk(fresh);
  CHECK(fresh.is_done());
  old.write(kHello);
  site.talk(old);
  CHECK(has(old.received(), "hello"));
}

TEST_CASE("A stream goes over TLS, and its socket says so", "[http][tls]") {
  SecureSite site;
  TlsClient client(site.connect_tls());
  site.talk(client);
  client.write("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  site.talk(client);
  REQUIRE(site.stream != nullptr);
  CHECK(site.stream->tls() != nullptr);
  const std::string_view event = "data: x\n\n";
  const iovec piece{const_cast<char*>(event.data()), event.size()};
  CHECK(site.stream->write({&piece, 1}).bytes == event.size());
  site.stream->shutdown_write();
  client.pump();
  CHECK(has(client.received(), event));
  CHECK(client.received().ends_with("0\r\n\r\n"));
  CHECK(client.saw_close_notify());
}

}  // namespace
}  // namespace sse::http
