// Windows, a full output, and what keeps others waiting.

#include <deque>
#include <string>
#include <vector>

#include "sse/http/two/session.h"

#include "http2/site.h"

namespace sse::http {
namespace {

/// Writes to a stream without end, as a subscriber does: until there is no room, and again when it
/// is told.
struct Writer final : net::ReadyHandler {
  explicit Writer(std::unique_ptr<net::Socket> its_socket) : socket(std::move(its_socket)) {}

  void on_ready(net::Readiness readiness) override {
    if (readiness.broken) {
      was_slow = readiness.is_slow;
      socket.reset();
    } else if (readiness.writable) {
      ++tells;
      fill();
    }
  }
  void fill() {
    const std::string text(5000, 'x');
    while (socket != nullptr && sent < wanted) {
      const iovec piece{const_cast<char*>(text.data()), std::min(text.size(), wanted - sent)};
      const auto result = socket->write({&piece, 1});
      sent += result.bytes;
      if (result.bytes < piece.iov_len) return;
    }
  }

  std::unique_ptr<net::Socket> socket;
  std::size_t wanted = 0;
  std::size_t sent = 0;
  int tells = 0;
  bool was_slow = false;
};

struct Streams : TwoSite {
  using TwoSite::TwoSite;

  std::int32_t open() {
    const auto id = peer().get("/stream");
    talk();
    REQUIRE(stream != nullptr);
    writers.push_back(std::make_unique<Writer>(std::move(stream)));
    REQUIRE(writers.back()->socket->attach(*loop, *writers.back()));
    return id;
  }
  Writer& writer(std::size_t index) { return *writers[index]; }
  std::size_t read_of(std::int32_t id) { return peer().answer(id).body.size(); }

  std::deque<std::unique_ptr<Writer>> writers;
};

// Of a connection's first window: all but what is kept for streams that hold little.
constexpr std::size_t kMostOfWindow = 65'535 - 65'535 / 8;
constexpr std::size_t kMebi = std::size_t{1} << 20U;

TEST_CASE("A stream writes as far as its window goes, and on when the peer has read",
          "[http][two]") {
  Streams site;
  const auto id = site.open();
  site.peer().stop_reading(id);
  Writer& writer = site.writer(0);
  writer.wanted = 200'000;
  writer.fill();
  CHECK(writer.sent == kMostOfWindow);
  site.peer().go_on_reading(id);
  site.talk(40);
  CHECK(site.read_of(id) == 200'000);
}

TEST_CASE("A stream that does not read keeps no other waiting", "[http][two]") {
  Streams site({}, {65'535, 10 * kMebi});
  const auto slow = site.open();
  const auto fast = site.open();
  site.peer().stop_reading(slow);
  for (auto& writer : site.writers) writer->wanted = 2 * kMebi;
  for (auto& writer : site.writers) writer->fill();
  site.talk(400);
  CHECK(site.read_of(slow) == 65'535);
  CHECK(site.read_of(fast) == 2 * kMebi);
}

TEST_CASE("A peer that gives windows back only past half of them is never stalled", "[http][two]") {
  // As Chromium does.
  Streams site({}, {6 * kMebi, 15 * kMebi});
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(site.open());
  for (auto& writer : site.writers) writer->wanted = 20 * kMebi;
  for (auto& writer : site.writers) writer->fill();
  site.talk(1500);
  for (const auto id : ids) CHECK(site.read_of(id) == 20 * kMebi);
  CHECK(site.resets(ResetReason::kSlow) == 0);
}

TEST_CASE("Streams that hold the connection's window stall another for five seconds at most",
          "[http][two]") {
  Streams site({}, {6 * kMebi, 15 * kMebi});
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(site.open());
  for (int i = 0; i < 4; ++i) site.peer().stop_reading(ids[static_cast<std::size_t>(i)]);
  for (std::size_t i = 0; i < 4; ++i) {
    site.writer(i).wanted = 10 * kMebi;
    site.writer(i).fill();
  }
  site.talk(800);
  site.writer(4).wanted = 3 * kMebi;
  site.writer(4).fill();
  site.talk(100);
  CHECK(site.read_of(ids[4]) == 0);
  CHECK(site.resets(ResetReason::kSlow) == 0);
  site.wait(5);
  site.talk(100);
  CHECK(site.read_of(ids[4]) == 3 * kMebi);
  CHECK(site.resets(ResetReason::kSlow) == 1);
  int cut = 0;
  for (std::size_t i = 0; i < 4; ++i) cut += site.writer(i).was_slow ? 1 : 0;
  CHECK(cut == 1);
  CHECK_FALSE(site.peer().goaway());
}

TEST_CASE("One stream that is not read leaves a part of the window to others", "[http][two]") {
  Streams site({}, {6 * kMebi, 4 * kMebi});
  const auto unread = site.open();
  const auto other = site.open();
  site.peer().stop_reading(unread);
  site.writer(0).wanted = 10 * kMebi;
  site.writer(0).fill();
  site.talk(400);
  site.writer(1).wanted = 400'000;
  site.writer(1).fill();
  site.talk(40);
  CHECK(site.read_of(other) == 400'000);
  CHECK(site.resets(ResetReason::kSlow) == 0);
}

TEST_CASE("A peer's window of zero ends with the answer's own time", "[http][two]") {
  Streams site({}, {0, 65'535});
  const auto id = site.peer().get("/hello");
  site.talk();
  CHECK(site.peer().answer(id).status == "200");
  CHECK(site.peer().answer(id).body.empty());
  site.wait(32);
  CHECK(site.peer().answer(id).reset_with == 8U);
  CHECK(site.counts().streams == 0);
}

TEST_CASE("A window that overflows is an error of the peer's", "[http][two]") {
  TwoSite site;
  Peer& peer = site.connect();
  peer.send(std::string(test::kHttp2Preface) + test::http2_frame(4, 0, 0) +
            test::http2_frame(8, 0, 0, std::string("\x7F\xFF\xFF\xFF", 4)));
  site.turns();
  const auto answer = peer.take();
  CHECK(has(answer, std::string("\0\0\x08\x07\0\0\0\0\0", 9)));  // GOAWAY
  CHECK(has(answer, std::string("\0\0\0\x03", 4)));              // FLOW_CONTROL_ERROR
  CHECK(peer.saw_end());
}

TEST_CASE("A full output tells its streams when it has room", "[http][two]") {
  Streams site({}, {6 * kMebi, 15 * kMebi});
  const auto a = site.open();
  const auto b = site.open();
  site.wire().set_room(1000);
  for (auto& writer : site.writers) writer->wanted = 100'000;
  for (auto& writer : site.writers) writer->fill();
  site.talk();
  CHECK(site.writer(0).sent + site.writer(1).sent <= kMostOutput + 1000);
  const auto later = site.peer().get("/hello");
  site.talk();
  CHECK(site.peer().answer(later).status.empty());
  for (int i = 0; i < 300; ++i) {
    site.wire().set_room(1000);
    site.talk(1);
  }
  CHECK(site.read_of(a) == 100'000);
  CHECK(site.read_of(b) == 100'000);
  CHECK(site.peer().answer(later).body == "hello");
}

TEST_CASE("Short writes cut frames anywhere, and lose nothing", "[http][two]") {
  Streams site({}, {6 * kMebi, 15 * kMebi});
  const auto id = site.open();
  site.wire().set_write_limit(7);
  site.writer(0).wanted = 20'000;
  site.writer(0).fill();
  site.talk(2000);
  CHECK(site.read_of(id) == 20'000);
}

TEST_CASE("A connection that takes no output for --write-timeout is closed", "[http][two]") {
  Streams site({}, {6 * kMebi, 15 * kMebi});
  site.open();
  site.wire().set_room(1000);
  site.writer(0).wanted = 100'000;
  site.writer(0).fill();
  site.wait(29);
  CHECK_FALSE(site.wire().is_closed());
  site.wait(3);
  CHECK(site.wire().is_closed());
  CHECK(site.writer(0).socket == nullptr);
}

TEST_CASE("Streams of one connection leave in one write a turn", "[http][two]") {
  Streams site;
  for (int i = 0; i < 50; ++i) site.open();
  const auto before = site.wire().writes();
  for (auto& writer : site.writers) {
    writer->wanted = 200;
    writer->fill();
  }
  site.turn();
  CHECK(site.wire().writes() == before + 1);
}

TEST_CASE("An answer that is whole is sent to its end, however long the peer takes",
          "[http][two]") {
  TwoSite site;
  site.router.add("GET", "/large",
                  [](Call& call) { call.response().body = std::string(100'000, 'x'); });
  const auto id = site.peer().get("/large");
  site.peer().stop_reading(id);
  site.talk();
  site.wait(5);
  CHECK(site.peer().answer(id).body.size() >= kMostOfWindow);
  CHECK(site.peer().answer(id).body.size() <= 65'535);
  site.peer().go_on_reading(id);
  site.talk(40);
  CHECK(site.peer().answer(id).body.size() == 100'000);
  CHECK(site.peer().answer(id).ended);
  CHECK_FALSE(site.peer().answer(id).reset_with);
}

TEST_CASE("Windows that come back in any order end the wait for them", "[http][two]") {
  Streams site({}, {kMebi, 65'535});
  const auto first = site.open();
  const auto second = site.open();
  for (const auto id : {first, second}) site.peer().stop_reading(id);
  for (auto& writer : site.writers) writer->wanted = kMebi / 2;
  site.writer(0).fill();
  site.talk();
  CHECK(site.writer(0).sent == kMostOfWindow);
  site.wire().set_room(2000);
  // The stream's first, so that nothing waits for the connection's when it comes.
  site.peer().update_window(first, 50'000);
  site.peer().update_window(0, 400'000);
  site.talk(2);
  site.writer(1).fill();
  for (int i = 0; i < 12; ++i) {
    site.wire().set_room(2000);  // slower than the hub: both wait for room in the output
    site.wait(1);
  }
  CHECK(site.resets(ResetReason::kSlow) == 0);
}

TEST_CASE("A stream that waits for the window waits for itself alone", "[http][two]") {
  Streams site({}, {kMebi, 65'535});
  for (int i = 0; i < 4; ++i) site.peer().stop_reading(site.open());
  site.writer(0).wanted = kMostOfWindow;
  for (std::size_t i = 1; i < 4; ++i) site.writer(i).wanted = 65'535 - kMostOfWindow;
  for (std::size_t i = 0; i < 3; ++i) site.writer(i).fill();
  site.talk();
  CHECK(site.writer(1).sent == site.writer(1).wanted);
  CHECK(site.writer(2).sent == 0);
  // The one that waited leaves, and another comes when it would have waited long enough.
  site.wait(1);
  site.writer(2).socket.reset();
  site.wait(2);
  site.writer(3).fill();
  CHECK(site.writer(3).sent == 0);
  site.wait(3);
  CHECK(site.resets(ResetReason::kSlow) == 0);
  site.wait(3);
  CHECK(site.resets(ResetReason::kSlow) == 1);
  CHECK(site.writer(0).was_slow);
}

TEST_CASE("Settings that take windows away, and give the largest, lose no bytes", "[http][two]") {
  constexpr std::uint32_t kLargest = 0x7FFF'FFFF;
  Streams site({}, {kLargest, 300'000});
  const auto unread = site.open();
  const auto other = site.open();
  site.peer().stop_reading(unread);
  site.writer(0).wanted = kMebi;
  site.writer(0).fill();
  site.talk(100);
  CHECK(site.read_of(unread) == 300'000 - 300'000 / 8);
  site.peer().set_window(0);
  site.talk();
  site.writer(1).wanted = 30'000;
  site.writer(1).fill();
  site.talk();
  CHECK(site.read_of(other) == 0);
  site.peer().set_window(kLargest);
  site.talk(100);
  CHECK(site.read_of(other) == 30'000);
  CHECK(site.read_of(unread) == 300'000 - 300'000 / 8);  // the rest is still for others
  site.peer().go_on_reading(unread);
  site.talk(100);
  CHECK(site.read_of(unread) == kMebi);
  CHECK(site.resets(ResetReason::kSlow) == 0);
}

TEST_CASE("A peer that gives less window than it once did is sent as much", "[http][two]") {
  Streams site({}, {4 * kMebi, kMebi});
  const auto id = site.open();
  site.peer().stop_reading(id);
  site.writer(0).wanted = 2 * kMebi;
  site.writer(0).fill();
  site.talk(100);
  const auto before = site.writer(0).sent;
  site.wait(6);
  site.talk(10);
  CHECK(site.writer(0).sent > before);
  CHECK(site.resets(ResetReason::kSlow) == 0);
}

TEST_CASE("An answer whose end waits for a window is not cut by a drain", "[http][two]") {
  constexpr int kWindow = 40'000;
  TwoSite site({}, {kWindow, 10 << 20});
  site.router.add("GET", "/unsized", [](const httplib::Request&, httplib::Response& response) {
    response.set_chunked_content_provider("text/plain", [](size_t offset, auto& sink) {
      if (offset < kWindow) {
        const std::string piece(4000, 'x');
        return sink.write(piece.data(), piece.size());
      }
      sink.done();
      return true;
    });
  });
  const auto id = site.peer().get("/unsized");
  site.peer().stop_reading(id);
  site.talk(40);
  CHECK(site.peer().answer(id).body.size() == kWindow);
  CHECK_FALSE(site.peer().answer(id).ended);
  site.set().drain(std::chrono::seconds(20), [] {});
  site.talk();
  site.wait(4);
  CHECK_FALSE(site.wire().saw_end());
  site.peer().go_on_reading(id);
  site.talk();
  CHECK(site.peer().answer(id).ended);
  CHECK(site.wire().saw_end());
}

TEST_CASE("A session that always has bytes leaves their part of the turn to others",
          "[http][two]") {
  TwoSite site;
  Peer& busy = site.connect("192.0.2.7:1000");
  busy.send(std::string(test::kHttp2Preface) + test::http2_frame(4, 0, 0) +
            test::http2_frame(8, 0, 0, std::string("\x3F\xFF\xFF\xFF", 4)));
  site.talk();
  // GET http://a/ with two fields of a hundred bytes.
  const std::string field = std::string("\x00\x01x\x64", 4) + std::string(100, 'y');
  const std::string block = std::string("\x82\x86\x84\x41\x01") + "a" + field + field;
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 250; ++i) ids.push_back(site.peer().get("/hello"));
  std::uint32_t next = 1;
  for (int turn = 0; turn < 30; ++turn) {
    std::string bytes;
    for (int i = 0; i < 600; ++i, next += 2) bytes += test::http2_frame(1, 5, next, block);
    busy.send(bytes);
    if (turn == 1) site.peer().exchange();
    site.turn();
  }
  site.peer().exchange();
  int answered = 0;
  for (const auto id : ids) answered += site.peer().answer(id).body == "hello" ? 1 : 0;
  CHECK(answered == 250);
  CHECK(site.observed.size() > 500);
}

}  // namespace
}  // namespace sse::http
