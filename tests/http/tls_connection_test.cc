// Connections that begin with a TLS handshake.

#include <chrono>
#include <string>
#include <string_view>

#include "sse/http/first_record.h"
#include "sse/net/tls_peer.h"

#include "http/site.h"
#include "support/chunked.h"
#include "support/tls_client.h"
#include "support/tls_material.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;
using test::TlsClient;

constexpr char kHello[] = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

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

std::string hello_of(const test::TlsWish& wish = {}) {
  Peer nowhere;
  TlsClient client(nowhere, wish);
  client.feed({});
  return client.take_sealed();
}

TEST_CASE("The first bytes of a connection say what it speaks", "[http][tls]") {
  const std::string hello = hello_of();
  for (std::size_t size = 0; size < hello.size(); ++size) {
    CHECK(judge_first_record(std::string_view(hello).substr(0, size)) == FirstRecord::kPart);
  }
  CHECK(judge_first_record(hello) == FirstRecord::kWhole);
  CHECK(judge_first_record(hello + "more") == FirstRecord::kWhole);
  CHECK(judge_first_record("GET / HTTP/1.1") == FirstRecord::kPlainHttp);
  CHECK(judge_first_record("G") == FirstRecord::kPlainHttp);
  for (const std::string_view other :
       {std::string_view("\x16\x02", 2), std::string_view("\x17\x03\x03\x00\x05", 5),
        std::string_view("\x16\x03\x01\x00\x03", 5), std::string_view("\x16\x03\x01\x40\x01", 5),
        std::string_view("\x16\x03\x01\x00\x10\x02", 6), std::string_view("\x80\x2e\x01", 3),
        std::string_view("\x00", 1), std::string_view("\r\n")}) {
    CHECK(judge_first_record(other) == FirstRecord::kOther);
  }
}

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

TEST_CASE("A part of a hello costs a socket and no handshake", "[http][tls]") {
  SecureSite site;
  const std::string hello = hello_of();
  for (const std::size_t size : {1U, 5U, 20U, 100U}) {
    Peer& peer = site.connect_tls();
    peer.send(hello.substr(0, size));
    site.turns();
    CHECK_FALSE(peer.is_closed());
    CHECK(peer.received().empty());
  }
  CHECK(site.under_way() == 0);
  CHECK(site.state->open.all() == 4);
  // Others do not wait for them.
  TlsClient client(site.connect_tls());
  site.talk(client);
  CHECK(client.is_done());
}

TEST_CASE("A hello that dribbles in is taken", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  client.feed({});
  for (const char c : client.take_sealed()) {
    CHECK(site.under_way() == 0);
    peer.send({&c, 1});
    site.turn();
  }
  CHECK(site.under_way() == 1);
  site.talk(client);
  CHECK(client.is_done());
}

TEST_CASE("A handshake has its time, whole or not", "[http][tls]") {
  SecureSite site;
  Peer& silent = site.connect_tls();
  Peer& half = site.connect_tls();
  half.send(hello_of().substr(0, 20));
  Peer& stuck = site.connect_tls();
  stuck.send(hello_of());
  for (int i = 0; i < 9; ++i) site.pass(1s);
  CHECK(site.under_way() == 1);
  CHECK_FALSE(silent.is_closed());
  for (int i = 0; i < 3; ++i) site.pass(1s);
  CHECK(silent.is_closed());
  CHECK(half.is_closed());
  CHECK(stuck.is_closed());
  CHECK(site.set().counts().tls_late == 3);
  CHECK(site.under_way() == 0);
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("An address that has all places for handshakes gives way to another", "[http][tls]") {
  ServerOptions options;
  options.max_handshakes = 4;
  SecureSite site(options);
  std::vector<Peer*> stuck;
  for (int i = 0; i < 40; ++i) {
    stuck.push_back(&site.connect_tls("192.0.2.9:1"));
    stuck.back()->send(hello_of());
  }
  site.turns();
  CHECK(site.under_way() == 4);
  TlsClient client(site.connect_tls("192.0.2.1:1"));
  site.talk(client);
  CHECK(client.is_done());
  CHECK(stuck.front()->is_closed());
  CHECK_FALSE(stuck.back()->is_closed());
}

TEST_CASE("A handshake whose peer does not answer gives way when others wait", "[http][tls]") {
  ServerOptions options;
  options.max_handshakes = 1;
  SecureSite site(options);
  Peer& stuck = site.connect_tls("192.0.2.9:1");
  stuck.send(hello_of());
  site.turns();
  TlsClient client(site.connect_tls("192.0.2.1:1"));
  site.talk(client);
  CHECK_FALSE(client.is_done());
  for (int i = 0; i < 3; ++i) site.pass(1s);
  site.talk(client);
  CHECK(client.is_done());
  CHECK(stuck.is_closed());
}

TEST_CASE("Handshakes beyond the limit wait, first come, first served", "[http][tls]") {
  ServerOptions options;
  options.max_handshakes = 2;
  SecureSite site(options);
  std::vector<Peer*> stuck;
  for (int i = 0; i < 3; ++i) {
    stuck.push_back(&site.connect_tls());
    stuck.back()->send(hello_of());
  }
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  site.talk(client);
  CHECK(site.under_way() == 2);
  CHECK_FALSE(stuck[1]->received().empty());
  CHECK(stuck[2]->received().empty());
  CHECK_FALSE(client.is_done());
  stuck[0]->reset();
  site.turns();
  CHECK_FALSE(stuck[2]->received().empty());
  stuck[1]->reset();
  site.talk(client);
  CHECK(client.is_done());
  CHECK(site.set().counts().tls_left == 2);
}

TEST_CASE("Few steps of handshakes are done in a turn", "[http][tls]") {
  SecureSite site;
  std::vector<Peer*> many;
  for (int i = 0; i < 50; ++i) {
    many.push_back(&site.connect_tls());
    many.back()->send(hello_of());
  }
  std::size_t before = 0;
  for (int turn = 0; turn < 50 && before < many.size(); ++turn) {
    site.turn();
    std::size_t answered = 0;
    for (const Peer* peer : many) answered += peer->received().empty() ? 0U : 1U;
    CHECK(answered - before <= TlsHandshakes::kStepsPerTurn);
    before = answered;
  }
  CHECK(before == many.size());
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

TEST_CASE("Connections that shake hands give way as others do", "[http][tls]") {
  ServerOptions options;
  options.max_connections = 8;
  SecureSite site(options);
  std::vector<Peer*> greedy;
  for (int i = 0; i < 8; ++i) greedy.push_back(&site.connect_tls("192.0.2.9:1"));
  TlsClient client(site.connect_tls("192.0.2.1:1"));
  site.talk(client);
  client.write(kHello);
  site.talk(client);
  CHECK(has(client.received(), "hello"));
  CHECK(greedy.front()->is_closed());
  CHECK_FALSE(greedy.back()->is_closed());
  CHECK(site.set().counts().evicted == 1);
  CHECK(site.state->open.all() == 8);
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

TEST_CASE("An answer that was sealed and has not left is under way", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  site.talk(client);
  peer.set_room(20);
  client.write(kHello);
  client.pump();
  site.turns();
  bool is_empty = false;
  site.set().drain(5s, [&] { is_empty = true; });
  site.pass(1s);
  CHECK_FALSE(peer.is_closed());
  peer.set_room(test::kUnlimited);
  site.turns();
  client.pump();
  CHECK(client.received().ends_with("hello"));
  CHECK(client.saw_close_notify());
  peer.finish();
  site.turns();
  CHECK(is_empty);
}

TEST_CASE("A stream that is cut at any sealed byte arrives whole", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  site.talk(client);
  client.write("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  site.talk(client);
  REQUIRE(site.stream != nullptr);
  struct Nobody final : net::ReadyHandler {
    void on_ready(net::Readiness /*readiness*/) override {}
  } nobody;
  REQUIRE(site.stream->attach(*site.loop, nobody));
  std::string expected;
  for (std::size_t room = 0; room < 120; ++room) {
    CAPTURE(room);
    const std::string event = "data: " + std::to_string(room) + "\n\n";
    std::size_t taken = 0;
    const auto put = [&] {
      net::IoResult result{net::IoStatus::kOk, 0};
      while (taken < event.size() && result.status == net::IoStatus::kOk) {
        const std::string rest = event.substr(taken);
        const iovec piece{const_cast<char*>(rest.data()), rest.size()};
        result = site.stream->write({&piece, 1});
        taken += result.bytes;
      }
    };
    peer.set_room(room);
    put();
    peer.set_room(test::kUnlimited);
    put();
    REQUIRE(taken == event.size());
    expected += event;
  }
  site.stream->shutdown_write();
  client.pump();
  const auto stream = test::read_stream(client.received());
  CHECK(stream.text == expected);
  CHECK(stream.is_whole);
  CHECK(stream.fault.empty());
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
