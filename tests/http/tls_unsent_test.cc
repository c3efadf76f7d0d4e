// What was sealed, and has not left.

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "sse/http/stream_socket.h"

#include "http/tls_site.h"
#include "net/tls_stage.h"
#include "support/chunked.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

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
  struct IgnoredReadiness final : net::ReadyHandler {
    void on_ready(net::Readiness /*readiness*/) override {}
  } ignored;
  REQUIRE(site.stream->attach(*site.loop, ignored));
  std::string expected;
  for (std::size_t room = 0; room < 120; ++room) {
    CAPTURE(room);
    std::string event = "data: " + std::to_string(room) + "\n\n";
    const iovec piece{event.data(), event.size()};
    peer.set_room(room);
    REQUIRE(site.stream->write({&piece, 1}).bytes == event.size());
    expected += event;
    peer.set_room(test::kUnlimited);
    REQUIRE(net::send_unsent(*site.stream));
  }
  site.stream->shutdown_write();
  client.pump();
  const auto stream = test::read_stream(client.received());
  CHECK(stream.text == expected);
  CHECK(stream.is_whole);
  CHECK(stream.fault.empty());
}

TEST_CASE("An answer that was sealed and has not left has --write-timeout, as any other",
          "[http][tls]") {
  ServerOptions options;
  options.write_timeout = 5s;
  SecureSite site(options);
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  site.talk(client);
  peer.set_room(20);
  client.write(kHello);
  client.pump();
  site.turns();
  for (int i = 0; i < 4; ++i) site.pass(1s);
  CHECK_FALSE(peer.is_closed());
  CHECK(site.observed.empty());
  for (int i = 0; i < 3; ++i) site.pass(1s);
  CHECK(peer.is_closed());
  REQUIRE(site.observed.size() == 1);
  CHECK(site.observed[0].ends_with(" cut"));
}

TEST_CASE("The next request waits until the answer before it has left", "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  site.talk(client);
  peer.set_room(20);
  client.write(kHello);
  client.write(kHello);
  client.pump();
  site.turns();
  CHECK(site.observed.empty());
  peer.set_room(test::kUnlimited);
  site.talk(client);
  CHECK(site.observed.size() == 2);
  CHECK(client.received().ends_with("hello"));
}

TEST_CASE("A request that comes with close_notify and without FIN is answered, and then the end",
          "[http][tls]") {
  SecureSite site;
  Peer& peer = site.connect_tls();
  TlsClient client(peer);
  site.talk(client);
  client.write(kHello);
  client.close_notify();
  std::string sealed = client.take_sealed();
  peer.send(sealed);
  site.turns();
  client.feed(peer.take());
  CHECK(client.received().ends_with("hello"));
  CHECK(peer.is_closed());
}

TEST_CASE("What follows a chunk that was cut between two records may be other bytes",
          "[http][tls]") {
  constexpr std::size_t kSealed = 2U << 14U;  // in one write, however little room there is
  std::string text;
  for (int i = 0; text.size() < 3 * StreamSocket::kMostInChunk; ++i) text += std::to_string(i);
  // The records end at each byte of a first chunk's end and of a second one's begin.
  for (std::size_t size = kSealed - 16'384 - 20; size < kSealed - 16'384; ++size) {
    CAPTURE(size);
    net::TlsStage stage;
    REQUIRE(stage.shake_hands() == net::TlsSocket::Handshake::kDone);
    StreamSocket socket(std::move(stage.socket),
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: " +
                            std::string(size - 53, 'x') + "\r\n\r\n",
                        StreamForm::kChunked);
    const auto put = [&](std::string_view bytes) {
      const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
      return socket.write({&piece, 1}).bytes;
    };
    stage.peer.set_room(7);
    const std::size_t taken = put(text);
    CHECK(taken < text.size());
    CHECK(socket.unsent() > 0);
    CHECK(put("x") == 0);
    stage.peer.set_room(test::kUnlimited);
    const std::string filler(socket.promised(), '.');
    CHECK(put(filler) == filler.size());
    CHECK(put("another") == 7);
    socket.shutdown_write();
    stage.client.pump();
    const auto stream = test::read_stream(stage.client.received());
    CHECK(stream.fault.empty());
    CHECK(stream.is_whole);
    REQUIRE(stream.text == text.substr(0, taken) + filler + "another");
  }
}

}  // namespace
}  // namespace sse::http
