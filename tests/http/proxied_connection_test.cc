// Connections of proxies that send a PROXY header ahead of their requests.

#include <chrono>
#include <string>
#include <string_view>

#include "http/site.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

constexpr char kHeader[] = "PROXY TCP4 192.0.2.1 10.0.0.7 56324 443\r\n";
constexpr char kWho[] = "GET /who HTTP/1.1\r\nHost: h\r\n\r\n";

/// A site whose proxies are at 10.0.0.7 and behind Unix sockets; /who says whose a request is.
struct ProxiedSite : Site {
  explicit ProxiedSite(ServerOptions given = {}) : Site(given) {
    hooks.sends_proxy_head = [](std::string_view address) {
      return address == "10.0.0.7" || address == "unix";
    };
    router.add("GET", "/who", [](Call& call) {
      const Request& request = call.request();
      call.response().body = request.remote_address + " " + std::to_string(request.remote_port) +
                             " " + (request.group ? to_string(*request.group) : "none") +
                             (request.is_proxied ? " proxied" : " own");
    });
  }

  /// The body of the answer to `bytes`, or all that came.
  std::string tell(const std::string& from, const std::string& bytes) {
    Peer& peer = connect(from);
    peer.send(bytes);
    turns();
    const std::string received = peer.take();
    const auto body = received.find("\r\n\r\n");
    return body == std::string::npos ? received : received.substr(body + 4);
  }
};

TEST_CASE("A request is of the peer that the PROXY header names", "[http][proxy]") {
  ProxiedSite site;
  CHECK(site.tell("10.0.0.7:99", std::string(kHeader) + kWho) ==
        "192.0.2.1 56324 192.0.2.1 proxied");
  CHECK(site.tell("10.0.0.7:99", std::string("PROXY TCP6 2001:db8::7 ::1 5 6\r\n") + kWho) ==
        "2001:db8::7 5 2001:db8:: proxied");
  CHECK(site.tell("unix", std::string(kHeader) + kWho) == "192.0.2.1 56324 192.0.2.1 proxied");
}

TEST_CASE("A connection that the proxy names no peer for is of the proxy", "[http][proxy]") {
  ProxiedSite site;
  // It may be a stranger's all the same, so it is not one of this machine.
  CHECK(site.tell("10.0.0.7:99", std::string("PROXY UNKNOWN\r\n") + kWho) ==
        "10.0.0.7 99 10.0.0.7 proxied");
  const std::string local("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16);
  CHECK(site.tell("10.0.0.7:99", local + kWho) == "10.0.0.7 99 10.0.0.7 own");
}

TEST_CASE("A PROXY header of another peer is not parsed", "[http][proxy]") {
  ProxiedSite site;
  CHECK(site.tell("10.0.0.8:99", kWho) == "10.0.0.8 99 10.0.0.8 own");
  Peer& peer = site.connect("10.0.0.8:99");
  peer.send(std::string(kHeader) + kWho);
  site.turns();
  CHECK(has(peer.received(), "HTTP/1.1 400 "));
}

TEST_CASE("Listeners for operators expect no PROXY header", "[http][proxy]") {
  ProxiedSite site;
  Peer& peer = site.connect("10.0.0.7:99", Entrance::kAdmin);
  peer.send(kWho);
  site.turns();
  CHECK(has(peer.received(), "10.0.0.7 99 10.0.0.7 own"));
}

TEST_CASE("A connection of a proxy that does not begin with a header is closed, without a byte",
          "[http][proxy]") {
  ProxiedSite site;
  Peer& peer = site.connect("10.0.0.7:99");
  peer.send(kWho);
  site.turns();
  CHECK(peer.is_closed());
  CHECK(peer.received().empty());
  CHECK(site.set().counts().without_proxy_head == 1);
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("A header has the time of a request, however it dribbles", "[http][proxy]") {
  ProxiedSite site;
  Peer& peer = site.connect("10.0.0.7:99");
  for (int second = 0; second < 9; ++second) {
    peer.send(std::string_view(kHeader).substr(static_cast<std::size_t>(second), 1));
    site.pass(1s);
  }
  CHECK_FALSE(peer.is_closed());
  site.pass(1s);
  CHECK(peer.is_closed());
  CHECK(peer.received().empty());
  CHECK(site.set().counts().without_proxy_head == 1);
}

TEST_CASE("Header and request may come in any pieces", "[http][proxy]") {
  ProxiedSite site;
  const std::string all = std::string(kHeader) + kWho;
  for (std::size_t first = 1; first < all.size(); ++first) {
    CAPTURE(first);
    Peer& peer = site.connect("10.0.0.7:99");
    peer.send(all.substr(0, first));
    site.turn();
    peer.send(all.substr(first));
    site.turns();
    CHECK(has(peer.take(), "192.0.2.1 56324 192.0.2.1 proxied"));
    // The connection goes on as any other.
    peer.send(kWho);
    site.turns();
    CHECK(has(peer.take(), "192.0.2.1 56324 192.0.2.1 proxied"));
    peer.finish();
    site.turns();
    CHECK(peer.is_closed());
  }
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("Requests that came with the header and the peer's end are answered", "[http][proxy]") {
  ProxiedSite site;
  // More than one read holds.
  std::string body(40'000, 'x');
  const std::string post = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n" + body;
  Peer& peer = site.connect("10.0.0.7:99");
  peer.set_read_limit(5'000);
  peer.send(kHeader + post + kWho);
  peer.finish();
  site.turns();
  CHECK(has(peer.received(), body));
  CHECK(has(peer.received(), "192.0.2.1 56324 192.0.2.1 proxied"));
  CHECK(peer.is_closed());
}

TEST_CASE("A peer that leaves before its header is whole is forgotten", "[http][proxy]") {
  ProxiedSite site;
  Peer& silent = site.connect("10.0.0.7:99");
  silent.finish();
  Peer& broken = site.connect("10.0.0.7:99");
  broken.send("PROXY T");
  broken.reset();
  site.turns();
  CHECK(silent.is_closed());
  CHECK(broken.is_closed());
  CHECK(site.state->open.all() == 0);
  // A port that is looked at is not a fault.
  CHECK(site.set().counts().without_proxy_head == 0);
}

TEST_CASE("Connections that wait for their header have places, and are let go by a drain",
          "[http][proxy]") {
  ServerOptions options;
  options.max_connections = 16;
  ProxiedSite site(options);
  for (int i = 0; i < 40; ++i) site.connect("10.0.0.7:99");
  CHECK(site.state->open.all() == 35);  // with a margin
  CHECK(site.set().counts().refused == 5);
  bool is_empty = false;
  site.set().drain(1s, [&] { is_empty = true; });
  site.turns();
  CHECK(is_empty);
  CHECK(site.state->open.all() == 0);
}

TEST_CASE("Peers behind one proxy have shares of their own", "[http][proxy]") {
  ServerOptions options;
  options.max_connections = 4;
  ProxiedSite site(options);
  std::vector<Peer*> greedy;
  for (int i = 0; i < 4; ++i) {
    greedy.push_back(&site.connect("10.0.0.7:99"));
    greedy.back()->send(kHeader);
  }
  Peer& other = site.connect("10.0.0.7:99");
  other.send(std::string("PROXY TCP4 192.0.2.2 10.0.0.7 1 2\r\n") + kWho);
  site.turns();
  CHECK(has(other.received(), "192.0.2.2 1 192.0.2.2 proxied"));
  CHECK(greedy.front()->is_closed());
  CHECK_FALSE(greedy.back()->is_closed());
}

TEST_CASE("A stream behind a proxy knows its peer", "[http][proxy]") {
  ProxiedSite site;
  Peer& peer = site.connect("10.0.0.7:99");
  peer.send(std::string(kHeader) + "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
  site.turns();
  REQUIRE(site.stream != nullptr);
  CHECK(site.stream->peer() == "192.0.2.1:56324");
}

}  // namespace
}  // namespace sse::http
