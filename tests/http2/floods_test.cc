// Peers that ask for work and bring nothing, or say nothing at all.

#include <string>
#include <vector>

#include "sse/http/deferred_answer.h"
#include "sse/http/two/session.h"

#include "http2/site.h"

namespace sse::http {
namespace {

using test::http2_frame;
using test::kHttp2Preface;

// GET http://a/
const std::string kBlock = std::string("\x82\x86\x84\x41\x01") + "a";

struct Raw : TwoSite {
  explicit Raw(ServerOptions given = {}) : TwoSite(given), peer_(connect()) {
    send(std::string(kHttp2Preface) + http2_frame(4, 0, 0));
  }
  void send(std::string_view bytes) {
    if (!peer_.is_attached()) return;
    peer_.send(bytes);
    for (int i = 0; i < 8; ++i) turn();
  }
  /// Whether it was told GOAWAY with ENHANCE_YOUR_CALM, and closed.
  bool is_calmed() {
    turns();
    const auto text = peer_.received();
    const auto at = text.rfind(std::string("\x08\x07\0\0\0\0\0", 7));
    return peer_.saw_end() && at != std::string::npos &&
           text.substr(at + 11, 4) == std::string("\0\0\0\x0B", 4);
  }
  Peer& raw() { return peer_; }

 private:
  Peer& peer_;
};

TEST_CASE("Floods of frames that bring nothing end the connection", "[http][two]") {
  const std::string ping = http2_frame(6, 0, 0, "12345678");
  const std::string settings = http2_frame(4, 0, 0);
  const std::string priority = http2_frame(2, 0, 1, std::string("\0\0\0\0\x10", 5));
  const std::string update = http2_frame(8, 0, 0, std::string("\0\0\0\x01", 4));
  for (const auto& frame : {ping, settings, priority, update}) {
    INFO(int{frame[3]});
    Raw site;
    for (int i = 0; i < 10'000; ++i) site.send(frame);
    CHECK(site.is_calmed());
    CHECK(site.counts().flooded == 1);
  }
}

TEST_CASE("The same at once, to a peer that does not read the answers", "[http][two]") {
  Raw site;
  site.raw().set_room(0);
  std::string pings;
  for (int i = 0; i < 10'000; ++i) pings += http2_frame(6, 0, 0, "12345678");
  site.send(pings);
  site.turns();
  CHECK(site.counts().flooded == 1);
  for (int i = 0; i < 4; ++i) site.pass(std::chrono::seconds(1));
  CHECK(site.raw().is_closed());  // though it takes none of what it is told
}

TEST_CASE("Empty DATA without end ends the connection", "[http][two]") {
  Raw site;
  site.send(http2_frame(1, 4, 1, kBlock));
  for (int i = 0; i < 10'000; ++i) site.send(http2_frame(0, 0, 1));
  CHECK(site.is_calmed());
}

TEST_CASE("Requests that are reset as fast as they come end the connection", "[http][two]") {
  Raw site;
  const std::string reset = std::string("\0\0\0\x08", 4);
  for (std::uint32_t id = 1; id < 20'000; id += 2) {
    site.send(http2_frame(1, 5, id, kBlock) + http2_frame(3, 0, id, reset));
  }
  site.turns();
  CHECK(site.raw().saw_end());
  CHECK(site.counts().requests < 1100);
  CHECK(site.counts().streams == 0);
}

TEST_CASE("Malformed requests without end end the connection", "[http][two]") {
  Raw site;
  const std::string block = kBlock + std::string("\0\x01", 2) + "X" + std::string("\x01", 1) + "y";
  for (std::uint32_t id = 1; id < 20'000; id += 2) site.send(http2_frame(1, 5, id, block));
  CHECK(site.is_calmed());
}

TEST_CASE("A head of frames without end ends the connection", "[http][two]") {
  Raw site;
  site.send(http2_frame(1, 1, 1, kBlock));
  for (int i = 0; i < 10'000; ++i) site.send(http2_frame(9, 0, 1));
  site.turns();
  CHECK(site.raw().saw_end());
}

// One field of 4,000 bytes goes into the table; then each byte names it again.
std::string growing_fields(std::size_t times) {
  return std::string("\x40\x01", 2) + "a" + std::string("\x7F\xA1\x1E", 3) +
         std::string(4000, 'x') + std::string(times, '\xBE');
}

TEST_CASE("A head that grows in the decoder is reset before it holds memory, and many are a flood",
          "[http][two]") {
  ServerOptions options;
  options.max_head = 4096;
  Raw site(options);
  const std::string block = kBlock + growing_fields(10'000);
  site.send(http2_frame(1, 5, 1, block));
  site.turns();
  CHECK(has(site.raw().received(), http2_frame(3, 0, 1, std::string("\0\0\0\x02", 4))));
  site.send(http2_frame(1, 5, 3, kBlock));
  site.turns();
  CHECK(site.observed == std::vector<std::string>{"GET  404"});
  for (std::uint32_t id = 5; id < 100; id += 2) site.send(http2_frame(1, 5, id, block));
  CHECK(site.is_calmed());
}

TEST_CASE("Trailers that grow in the decoder are a flood, too", "[http][two]") {
  ServerOptions options;
  options.max_head = 4096;
  Raw site(options);
  for (std::uint32_t id = 1; id < 100; id += 2) {
    site.send(http2_frame(1, 4, id, kBlock) + http2_frame(1, 5, id, growing_fields(10'000)));
  }
  CHECK(site.is_calmed());
}

TEST_CASE("Heads of one read that are far larger than it are refused, and may be sent again",
          "[http][two]") {
  Raw site;
  // Not in the table: the large field stays the newest there.
  const std::string block = std::string("\x82\x86\x84\x01\x01") + "a";
  std::string bytes = http2_frame(1, 5, 1, block + growing_fields(2));
  for (std::uint32_t id = 3; id < 400; id += 2) {
    bytes += http2_frame(1, 5, id, block + "\xBE\xBE\xBE");
  }
  site.send(bytes);
  site.turns();
  CHECK(site.resets(ResetReason::kRefused) > 100);
  CHECK(site.observed.size() > 15);
  CHECK(site.counts().flooded == 0);
}

TEST_CASE("Streams over the limit are refused, and their requests are not malformed",
          "[http][two]") {
  Raw site;
  std::string bytes;
  for (std::uint32_t id = 1; id < 600; id += 2) bytes += http2_frame(1, 4, id, kBlock);
  site.send(bytes);
  site.turns();
  CHECK(site.resets(ResetReason::kRefused) == 300 - kMostStreams);
  CHECK(site.resets(ResetReason::kMalformed) == 0);
}

TEST_CASE("A proxy may pass on that very many of its clients have left", "[http][two]") {
  TwoSite site;
  std::vector<DeferredAnswer> deferred;
  site.router.add("GET", "/later", [&](Call& call) { deferred.push_back(call.defer(nullptr)); });
  for (int i = 0; i < 3000; ++i) {
    const auto id = site.peer().get("/later");
    site.talk(2);
    REQUIRE(deferred.size() == 1);
    site.peer().reset(id);
    site.talk(2);
    deferred.clear();
    site.turn();
  }
  CHECK(site.counts().flooded == 0);
  CHECK_FALSE(site.peer().goaway());
  CHECK(site.resets(ResetReason::kPeer) == 3000);
}

TEST_CASE("A peer that updates its windows with each small read is not a flood", "[http][two]") {
  constexpr std::size_t kBytes = 5 << 20;
  TwoSite site({}, {65'535, 65'535});
  site.router.add("GET", "/large",
                  [](Call& call) { call.response().body = std::string(kBytes, 'x'); });
  const auto id = site.peer().get("/large");
  site.peer().stop_reading(id);
  std::size_t read = 0;
  for (int i = 0; i < 1000 && read < kBytes; ++i) {
    site.talk(1);
    for (; read + 4096 <= site.peer().answer(id).body.size(); read += 4096) {
      site.peer().update_window(id, 4096);
      site.peer().update_window(0, 4096);
    }
  }
  CHECK(site.counts().flooded == 0);
  CHECK(site.peer().answer(id).body.size() == kBytes);
}

TEST_CASE("A peer that reads its answers slowly but well is not taken for a flood", "[http][two]") {
  TwoSite site;
  for (int i = 0; i < 5000; ++i) {
    const auto id = site.peer().get("/hello");
    site.talk(2);
    if (site.peer().answer(id).body != "hello") site.talk();
    REQUIRE(site.peer().answer(id).body == "hello");
  }
  CHECK(site.counts().flooded == 0);
}

TEST_CASE("A connection without settings is closed when --request-timeout is over", "[http][two]") {
  TwoSite site;
  Peer& peer = site.connect();
  peer.send(kHttp2Preface.substr(0, 20));
  site.turns();
  for (int i = 0; i < 9; ++i) site.pass(std::chrono::seconds(1));
  CHECK_FALSE(peer.is_closed());
  for (int i = 0; i < 2; ++i) site.pass(std::chrono::seconds(1));
  CHECK(peer.is_closed());
}

TEST_CASE("A head that never ends closes its connection", "[http][two]") {
  Raw site;
  site.send(http2_frame(1, 1, 1, kBlock));
  for (int i = 0; i < 11; ++i) site.pass(std::chrono::seconds(1));
  CHECK(site.raw().is_closed());
}

TEST_CASE("A body that never ends is answered with 408", "[http][two]") {
  TwoSite site;
  const auto id = site.peer().request({{":method", "POST"},
                                       {":scheme", "http"},
                                       {":authority", "localhost"},
                                       {":path", "/echo"},
                                       {"content-length", "10"},
                                       {"expect", "100-continue"}},
                                      false, std::string(10, 'x'));
  site.peer().stop_sending(id);
  site.talk();
  CHECK(site.peer().answer(id).continues == 1);
  site.wait(12);
  CHECK(site.peer().answer(id).status == "408");
  CHECK(site.peer().answer(id).ended);
}

TEST_CASE("An idle session is closed when --idle-timeout is over", "[http][two]") {
  TwoSite site;
  const auto id = site.peer().get("/hello");
  site.talk();
  CHECK(site.peer().answer(id).ended);
  site.wait(73);
  CHECK_FALSE(site.wire().is_closed());
  site.wait(4);
  CHECK(site.wire().is_closed());
  CHECK(site.peer().goaway() == 0U);
}

TEST_CASE("A silent peer is asked whether it is there, and one that is not is closed",
          "[http][two]") {
  TwoSite site;
  site.peer().get("/stream");
  site.talk();
  site.wait(47);
  CHECK(site.peer().pings() == 1);
  site.wait(47);
  CHECK(site.peer().pings() == 2);
  CHECK_FALSE(site.wire().is_closed());
  for (int i = 0; i < 62; ++i) site.pass(std::chrono::seconds(1));  // it answers no more
  CHECK(site.wire().is_closed());
}

TEST_CASE("A question waits for the bytes before it, which a slow peer takes first",
          "[http][two]") {
  constexpr int kBytes = 4 << 20;
  TwoSite site({}, {16 << 20, 16 << 20});
  site.router.add("GET", "/large",
                  [](Call& call) { call.response().body = std::string(kBytes, 'x'); });
  site.peer().get("/stream");
  site.talk();
  site.peer().get("/large");
  site.peer().exchange();
  site.turns();
  for (int i = 0; i < 100; ++i) site.pass(std::chrono::seconds(1));
  CHECK(site.wire().received().size() > kBytes);
  CHECK_FALSE(site.wire().is_closed());
  for (int i = 0; i < 100; ++i) site.pass(std::chrono::seconds(1));
  CHECK(site.wire().is_closed());
}

TEST_CASE("A bad preface, or none behind its head, just ends the connection", "[http][two]") {
  TwoSite site;
  Peer& peer = site.connect();
  peer.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  site.turns();
  CHECK(peer.is_closed());
}

TEST_CASE("Two hundred and fifty streams do not use up a turn", "[http][two]") {
  TwoSite site;
  for (int i = 0; i < 250; ++i) site.peer().post("/echo", std::string(200, 'x'));
  site.peer().exchange();
  site.turn();
  site.turn();
  Peer& other = site.connect("192.0.2.9:1");
  other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  site.turn();
  site.turn();
  CHECK(has(other.take(), "200 OK"));
}

}  // namespace
}  // namespace sse::http
