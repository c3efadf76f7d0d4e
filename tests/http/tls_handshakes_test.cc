// What connections that shake hands cost, and how they share a loop.

#include "sse/http/tls_handshakes.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "sse/http/first_record.h"

#include "http/tls_site.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

TEST_CASE("The first bytes of a connection say what it speaks", "[http][tls]") {
  const std::string hello = hello_of();
  for (std::size_t size = 0; size < hello.size(); ++size) {
    CHECK(judge_first_record(std::string_view(hello).substr(0, size)) == FirstRecord::kPart);
  }
  CHECK(judge_first_record(hello) == FirstRecord::kWhole);
  CHECK(judge_first_record(hello + "more") == FirstRecord::kWhole);
  // Nine bytes that announce 128 KiB.
  CHECK(judge_first_record(std::string_view("\x16\x03\x01\x00\x04\x01\x02\x00\x00", 9)) ==
        FirstRecord::kOther);
  CHECK(judge_first_record(std::string_view("\x16\x03\x01\x00\x10\x01\x00\x00\x0d", 9)) ==
        FirstRecord::kOther);
  CHECK(judge_first_record(std::string_view("\x16\x03\x01\x00\x10\x01\x00\x00\x0c", 9)) ==
        FirstRecord::kPart);
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

/// A handshake whose first answer has come, and the rest of it, which is not sent yet.
std::string begin_and_keep(SecureSite& site, Peer& peer, TlsClient& client) {
  client.pump();
  site.turns();
  client.feed(peer.take());
  return client.take_sealed();
}

TEST_CASE("A handshake that comes byte by byte is cut, and keeps no others waiting",
          "[http][tls]") {
  ServerOptions options;
  options.max_handshakes = 2;
  SecureSite site(options);
  Peer& dribbling = site.connect_tls("192.0.2.9:1");
  TlsClient slow(dribbling, {.least = 0});
  const std::string rest = begin_and_keep(site, dribbling, slow);
  REQUIRE(rest.size() > TlsHandshakes::kMostSteps);
  CHECK(site.under_way() == 1);
  TlsClient client(site.connect_tls("192.0.2.1:1"));
  int turns = 0;
  for (std::size_t at = 0; at < rest.size() && !dribbling.is_closed(); ++at) {
    dribbling.send({&rest[at], 1});
    site.turn();
    client.pump();
    if (!client.is_done()) ++turns;
  }
  CHECK(dribbling.is_closed());
  CHECK(client.is_done());
  CHECK(turns < 10);
  CHECK(site.set().counts().tls_refused == 1);
}

TEST_CASE("A handshake that goes on slowly gives way when others have waited for it",
          "[http][tls]") {
  ServerOptions options;
  options.max_handshakes = 1;
  SecureSite site(options);
  Peer& dribbling = site.connect_tls("192.0.2.9:1");
  TlsClient slow(dribbling);
  const std::string rest = begin_and_keep(site, dribbling, slow);
  TlsClient client(site.connect_tls("192.0.2.1:1"));
  for (std::size_t at = 0; at < 5; ++at) {
    site.talk(client);
    CHECK(client.is_done() == (at >= 2));
    dribbling.send({&rest[at], 1});
    site.pass(1s);
  }
  CHECK(dribbling.is_closed());
  CHECK(site.set().counts().tls_gave_way == 1);
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

}  // namespace
}  // namespace sse::http
