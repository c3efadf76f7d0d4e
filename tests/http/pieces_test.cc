// Bodies that are made in pieces, and sources that have none yet.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sse/http/connection_set.h"
#include "sse/http/response.h"

#include "http/site.h"
#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

/// A route that gives these pieces; where one is empty the source says kLater first.
struct Pieced : Site {
  explicit Pieced(std::vector<std::string> given, Piece last = Piece::kLast)
      : pieces(std::move(given)), end(last) {
    router.add("GET", "/pieces", [this](Call& call) {
      call.response().fields.set("Content-Type", "text/plain");
      call.response().pieces = [this, next = std::size_t{0}](std::string& out,
                                                             const auto& later) mutable {
        if (next < pieces.size() && pieces[next].empty()) {
          ++next;
          resumes.push_back(later());
          return Piece::kLater;
        }
        if (next < pieces.size()) out += pieces[next++];
        return next < pieces.size() ? Piece::kMore : end;
      };
    });
  }

  std::string ask_pieces(std::string_view method = "GET", std::string_view version = "1.1") {
    return ask(std::string(method) + " /pieces HTTP/" + std::string(version) +
               "\r\nHost: h\r\n\r\n");
  }

  std::vector<std::string> pieces;
  Piece end;
  std::vector<Resume> resumes;
};

TEST_CASE("A body of one piece has a length, one of several is chunked", "[http][pieces]") {
  CHECK(has(Pieced({"abc"}).ask_pieces(), "Content-Length: 3\r\n"));
  CHECK(has(Pieced({}).ask_pieces(), "Content-Length: 0\r\n"));
  const auto chunked = Pieced({"abc", "de"}).ask_pieces();
  CHECK(has(chunked, "Transfer-Encoding: chunked\r\n"));
  CHECK(has(chunked, "\r\n\r\n00000003\r\nabc\r\n00000002\r\nde\r\n0\r\n\r\n"));
  const auto until_close = Pieced({"abc", "de"}).ask_pieces("GET", "1.0");
  CHECK(has(until_close, "Connection: close\r\n"));
  CHECK(until_close.ends_with("\r\n\r\nabcde"));
  CHECK(has(Pieced({"abc"}).ask_pieces("HEAD"), "Content-Length: 3\r\n"));
}

TEST_CASE("Pieces are made in turn, not when a socket is ready", "[http][pieces]") {
  std::size_t asked = 0;
  Site site;
  site.router.add("GET", "/pieces", [&asked](Call& call) {
    call.response().pieces = [&asked](std::string& out, const auto&) {
      ++asked;
      out.assign(1'000, 'x');
      return Piece::kMore;
    };
  });
  std::vector<Peer*> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(&site.connect());
  for (Peer* peer : peers) {
    peer->set_room(2'000);
    peer->send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  CHECK(asked == 0);
  site.turns();
  const std::size_t before = asked;
  for (Peer* peer : peers) peer->set_room(10'000);
  CHECK(asked == before);
  site.turns();
  CHECK(asked > before + 3 * peers.size());
}

TEST_CASE("A source that fails at once is an error, one that fails later cuts the body off",
          "[http][pieces]") {
  CHECK(Pieced({}, Piece::kGone).ask_pieces().substr(0, 12) == "HTTP/1.1 503");
  CHECK(Pieced({}, Piece::kFailed).ask_pieces().substr(0, 12) == "HTTP/1.1 500");
  for (const Piece end : {Piece::kGone, Piece::kFailed}) {
    Pieced site({"abc"}, end);
    site.pieces.push_back("de");
    const auto answer = site.ask_pieces();
    CHECK(has(answer, "00000003\r\nabc\r\n"));
    CHECK_FALSE(has(answer, "\r\n0\r\n"));
    CHECK(site.observed == std::vector<std::string>{"GET /pieces 200 cut"});
  }
}

TEST_CASE("A source that throws is an error", "[http][pieces]") {
  Site site;
  site.router.add("GET", "/pieces", [](Call& call) {
    call.response().pieces = [](std::string&, const auto&) -> Piece {
      throw std::runtime_error("out of luck");
    };
  });
  CHECK(site.ask("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n").substr(0, 12) == "HTTP/1.1 500");
}

TEST_CASE("A source that has nothing yet is asked again when it says so", "[http][pieces]") {
  for (const bool is_first : {true, false}) {
    CAPTURE(is_first);
    Pieced site(is_first ? std::vector<std::string>{"", "abc", "de"}
                         : std::vector<std::string>{"abc", "", "de"});
    Peer& peer = site.connect();
    peer.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
    site.turns();
    REQUIRE(site.resumes.size() == 1);
    CHECK_FALSE(has(peer.received(), "de"));
    site.pass(10min);  // the peer is not to blame
    REQUIRE_FALSE(peer.is_closed());
    std::thread(site.resumes[0]).join();
    site.turns();
    CHECK(has(peer.take(), "\r\n\r\n00000003\r\nabc\r\n00000002\r\nde\r\n0\r\n\r\n"));
    peer.send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(has(peer.take(), "\r\n\r\nhello"));
    site.resumes[0]();  // once more: no answer waits for it
    site.loop->turn();
    CHECK(peer.take().empty());
  }
}

TEST_CASE("A source may say that it has more before it has said that it had none",
          "[http][pieces]") {
  Site site;
  site.router.add("GET", "/pieces", [](Call& call) {
    call.response().pieces = [asked = 0](std::string& out, const auto& later) mutable {
      if (++asked == 2) {
        later()();
        return Piece::kLater;
      }
      out += "x";
      return asked == 3 ? Piece::kLast : Piece::kMore;
    };
  });
  Peer& peer = site.connect();
  peer.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  site.turns();
  CHECK(has(peer.take(), "00000001\r\nx\r\n00000001\r\nx\r\n0\r\n\r\n"));
}

TEST_CASE("Who leaves while a piece is awaited leaves nothing behind", "[http][pieces]") {
  Pieced site({"abc", "", "de"});
  Peer& peer = site.connect();
  peer.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  site.turns();
  REQUIRE(site.resumes.size() == 1);
  peer.reset();
  site.loop->turn();
  site.resumes[0]();
  site.loop->turn();
  CHECK(peer.is_closed());
  CHECK(site.observed == std::vector<std::string>{"GET /pieces 200 cut"});
}

TEST_CASE("A source that lets go of its Resume cuts the body off", "[http][pieces]") {
  Pieced site({"abc", "", "de"});
  Peer& peer = site.connect();
  peer.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  site.turns();
  REQUIRE(site.resumes.size() == 1);
  auto copy = site.resumes[0];
  site.resumes.clear();
  site.loop->turn();
  CHECK_FALSE(peer.is_closed());
  copy = nullptr;
  site.loop->turn();
  CHECK(peer.is_closed());
  CHECK(site.observed == std::vector<std::string>{"GET /pieces 200 cut"});
}

TEST_CASE("A drain waits for a piece, and cuts what does not come", "[http][pieces]") {
  Pieced site({"abc", "", "de"});
  Peer& peer = site.connect();
  peer.send("GET /pieces HTTP/1.1\r\nHost: h\r\n\r\n");
  site.turn();
  bool drained = false;
  site.set().drain(5s, [&] { drained = true; });
  site.loop->turn();
  CHECK_FALSE(drained);
  site.pass(6s);
  CHECK(drained);
  CHECK(peer.is_closed());
  site.resumes[0]();  // the connection is gone
  site.loop->turn();
}

}  // namespace
}  // namespace sse::http
