// Answers in gzip, as they go over a connection.

#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/gunzip.h"
#include "http/site.h"
#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kKilo = 1024;

/// Without the chunks' framing, whose sizes have leading zeros. Empty: it is not whole.
std::string dechunked(std::string_view body) {
  std::string out;
  for (;;) {
    const auto end = body.find("\r\n");
    if (end == std::string_view::npos) return {};
    const std::size_t size = std::stoul(std::string(body.substr(0, end)), nullptr, 16);
    body.remove_prefix(end + 2);
    if (size == 0) return body == "\r\n" ? out : std::string();
    if (body.size() < size + 2) return {};
    out += body.substr(0, size);
    body.remove_prefix(size + 2);
  }
}

std::string head_of(std::string_view answer) {
  return std::string(answer.substr(0, answer.find("\r\n\r\n") + 2));
}

/// The body as its peer reads it.
std::string body_of(std::string_view answer) {
  const std::string head = head_of(answer);
  std::string body(answer.substr(head.size() + 2));
  if (has(head, "\r\nTransfer-Encoding: chunked\r\n")) body = dechunked(body);
  if (!has(head, "\r\nContent-Encoding: gzip\r\n")) return body;
  std::string plain;
  REQUIRE(test::gunzip(body, plain));
  return plain;
}

std::string without_date(std::string head) {
  const auto begin = head.find("Date: ");
  return head.erase(begin, head.find("\r\n", begin) + 2 - begin);
}

/// Text of so many bytes: at `/whole?SIZE` as a body, at `/pieces?SIZE` in pieces of 10,000 bytes,
/// at `/late` when answer() is called.
struct Texts : Site {
  explicit Texts(ServerOptions given = {}) : Site(given) {
    for (const auto* method : {"GET", "POST"}) {
      router.add(method, "/whole", [](Call& call) {
        call.response().fields.set("Vary", "Accept-Encoding");
        call.response().set_content(text(size_in(call)), "text/plain");
      });
    }
    router.add("GET", "/pieces", [](Call& call) {
      call.response().fields.set("Content-Type", "application/json");
      call.response().fields.set("Vary", "Accept-Encoding");
      call.response().pieces = [left = text(size_in(call))](std::string& out, const auto&) mutable {
        out += left.substr(0, 10'000);
        left.erase(0, 10'000);
        return left.empty() ? Piece::kLast : Piece::kMore;
      };
    });
    router.add("GET", "/late", [this](Call& call) { late.push_back(call.defer(nullptr)); });
  }

  static std::size_t size_in(Call& call) { return std::stoul(call.request().params.at(0).first); }

  static std::string text(std::size_t size) {
    std::string text;
    for (int i = 0; text.size() < size; ++i) text += "line " + std::to_string(i) + "\n";
    text.resize(size);
    return text;
  }

  std::string get(const std::string& target, std::string_view coding = "gzip",
                  std::string_view method = "GET", std::string_view version = "1.1") {
    return ask(std::string(method) + " " + target + " HTTP/" + std::string(version) +
               "\r\nHost: h\r\nAccept-Encoding: " + std::string(coding) + "\r\n\r\n");
  }

  std::vector<DeferredAnswer> late;
};

TEST_CASE("An answer in gzip is the plain one when it is unpacked", "[http][compressed]") {
  Texts site;
  for (const std::string path : {"/whole?", "/pieces?"}) {
    for (const std::size_t size : {kKilo, std::size_t{9'999}, std::size_t{10'001}, 64 * kKilo,
                                   64 * kKilo + 1, 300 * kKilo}) {
      for (const auto* version : {"1.0", "1.1"}) {
        CAPTURE(path, size, version);
        const auto coded = site.get(path + std::to_string(size), "gzip", "GET", version);
        CHECK(has(coded, "\r\nContent-Encoding: gzip\r\n"));
        CHECK(has(coded, "\r\nVary: Accept-Encoding\r\n"));
        CHECK(coded.size() < size / 2 + 500);
        CHECK(body_of(coded) == Texts::text(size));
        const auto plain = site.get(path + std::to_string(size), "identity", "GET", version);
        CHECK_FALSE(has(plain, "Content-Encoding"));
        CHECK(has(plain, "\r\nVary: Accept-Encoding\r\n"));
        CHECK(body_of(plain) == Texts::text(size));
      }
    }
  }
}

TEST_CASE("A short answer is sent as it is, with its length", "[http][compressed]") {
  Texts site;
  for (const std::string target : {"/whole?1023", "/pieces?1023"}) {
    const auto answer = site.get(target);
    CHECK(has(answer, "\r\nContent-Length: 1023\r\n"));
    CHECK_FALSE(has(answer, "Content-Encoding"));
    CHECK(body_of(site.get(target, "gzip, identity;q=0")) == Texts::text(1023));
  }
}

TEST_CASE("HEAD has the fields of GET", "[http][compressed]") {
  Texts site;
  for (const std::string target :
       {"/whole?10", "/whole?5000", "/whole?100000", "/pieces?5000", "/pieces?100000"}) {
    for (const auto* coding : {"gzip", "identity", "*;q=0"}) {
      CAPTURE(target, coding);
      const auto head = site.get(target, coding, "HEAD");
      CHECK(without_date(head_of(head)) == without_date(head_of(site.get(target, coding))));
      CHECK(head == head_of(head) + "\r\n");
    }
  }
}

/// Requests whose first piece, or whole body, is made and then not sent.
struct Unsent {
  std::string method, target, coding;
};

const Unsent kUnsent[] = {{"HEAD", "/pieces?100000", "identity"},
                          {"HEAD", "/pieces?100000", "gzip"},
                          {"HEAD", "/whole?100000", "identity"},
                          {"HEAD", "/whole?100000", "gzip"}};

TEST_CASE("What one answer did not send is not in the next one, of another peer",
          "[http][compressed]") {
  for (const auto& [method, target, coding] : kUnsent) {
    CAPTURE(method, target, coding);
    Texts site;
    site.get(target, coding, method);
    const auto next = site.ask("GET /counted HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(has(next, "\r\nContent-Length: 1048576\r\n"));
    const bool is_its_own = next.substr(next.find("\r\n\r\n") + 4) == std::string(1U << 20U, 'x');
    CHECK(is_its_own);  // not shown: it is long
    CHECK(site.observed.back() == "GET /counted 200");
  }
}

TEST_CASE("What one answer did not send is not held for the next request", "[http][compressed]") {
  for (const auto& [method, target, coding] : kUnsent) {
    CAPTURE(method, target, coding);
    Texts site;
    site.get(target, coding, method);
    site.connect().send("GET /hello HTTP/1.1\r\n");
    site.turns();
    CHECK(site.state->held.sum() < 10 * kKilo);
  }
}

TEST_CASE("Only answers to GET and HEAD are compressed", "[http][compressed]") {
  Texts site;
  CHECK_FALSE(has(site.get("/whole?5000", "gzip", "POST"), "Content-Encoding"));
}

TEST_CASE("A peer that accepts no available coding gets the answer as it is",
          "[http][compressed]") {
  Texts site;
  for (const std::string path : {"/whole?", "/pieces?"}) {
    for (const std::size_t size : {5 * kKilo, 100 * kKilo}) {
      const auto answer = site.get(path + std::to_string(size), "br, *;q=0");
      CHECK(has(answer, "HTTP/1.1 200 "));
      CHECK_FALSE(has(answer, "Content-Encoding"));
      CHECK(body_of(answer) == Texts::text(size));
    }
  }
}

TEST_CASE("A mounted handler's answer is compressed only when it says that it varies",
          "[http][compressed]") {
  for (const bool varies : {false, true}) {
    Texts site;
    site.router.add("GET", "/page", [varies](const httplib::Request&, httplib::Response& response) {
      response.set_content(Texts::text(5000), "text/html");
      if (varies) response.set_header("Vary", "Accept-Encoding");
    });
    const auto answer = site.get("/page");
    CHECK(has(answer, "\r\nContent-Encoding: gzip\r\n") == varies);
    CHECK(body_of(answer) == Texts::text(5000));
  }
}

/// How a body ends early, after its first piece.
enum class Early { kFailed, kGone, kThrows, kLosesItsResume };

TEST_CASE("A compressed body that cannot be finished is cut off without an end",
          "[http][compressed]") {
  for (const Early early : {Early::kFailed, Early::kGone, Early::kThrows, Early::kLosesItsResume}) {
    CAPTURE(static_cast<int>(early));
    Texts site;
    site.router.add("GET", "/ends", [early](Call& call) {
      call.response().fields.set("Content-Type", "application/json");
      call.response().fields.set("Vary", "Accept-Encoding");
      call.response().pieces = [early, step = 0](std::string& out, const auto& later) mutable {
        out += "piece " + std::to_string(++step);
        if (step < 3) return Piece::kMore;
        if (early == Early::kThrows) throw std::runtime_error("out of luck");
        if (early == Early::kFailed) return Piece::kFailed;
        if (early == Early::kGone) return Piece::kGone;
        static_cast<void>(later());
        return Piece::kLater;
      };
    });
    const auto answer = site.get("/ends");
    const std::string body = answer.substr(head_of(answer).size() + 2);
    CHECK_FALSE(has(body, "\r\n0\r\n"));
    std::string plain;
    CHECK_FALSE(test::gunzip(dechunked(body + "0\r\n\r\n"), plain));
    CHECK(plain == "piece 1piece 2");
    CHECK(site.observed == std::vector<std::string>{"GET /ends 200 cut"});
  }
}

TEST_CASE("A peer that leaves between two parts of a compressed body leaves nothing behind",
          "[http][compressed]") {
  Texts site;
  Peer& peer = site.connect();
  peer.set_room(100);
  peer.send("GET /whole?1000000 HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  site.turns();
  CHECK(site.state->held.sum() >= 900'000);
  peer.reset();
  site.turns();
  CHECK(peer.is_closed());
  CHECK(site.state->held.sum() == 0);
  CHECK(site.observed == std::vector<std::string>{"GET /whole 200 cut"});
}

TEST_CASE("A deferred answer is sent in the coding that its request asked for",
          "[http][compressed]") {
  Texts site;
  for (const auto& [coding, is_gzip] : {std::pair("gzip", true), std::pair("br", false)}) {
    Peer& peer = site.connect();
    peer.send("GET /late HTTP/1.1\r\nHost: h\r\nAccept-Encoding: " + std::string(coding) +
              "\r\n\r\n");
    site.turns();
    std::exchange(site.late, {}).front().send([](Response& response) {
      response.fields.set("Vary", "Accept-Encoding");
      response.set_content(Texts::text(5000), "application/json");
    });
    site.turns();
    const auto answer = peer.take();
    CHECK(has(answer, "Content-Encoding: gzip") == is_gzip);
    CHECK(body_of(answer) == Texts::text(5000));
    // The next request on the connection is another one.
    peer.send("GET /whole?5000 HTTP/1.1\r\nHost: h\r\n\r\n");
    site.turns();
    CHECK_FALSE(has(peer.take(), "Content-Encoding"));
  }
}

TEST_CASE("The body of a source that waits can be read as far as it has come",
          "[http][compressed]") {
  Texts site;
  Resume resume;
  site.router.add("GET", "/waits", [&](Call& call) {
    call.response().fields.set("Content-Type", "application/json");
    call.response().fields.set("Vary", "Accept-Encoding");
    call.response().pieces = [&resume, step = 0](std::string& out, const auto& later) mutable {
      switch (++step) {
        case 1:
        case 3:
          resume = later();
          return Piece::kLater;
        case 2:
          out += "[1";
          return Piece::kMore;
        default:
          out += ",2]";
          return Piece::kLast;
      }
    };
  });
  Peer& peer = site.connect();
  peer.send("GET /waits HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  site.turns();
  std::exchange(resume, nullptr)();
  site.turns();
  const std::string begun = peer.received();
  std::string plain;
  CHECK_FALSE(
      test::gunzip(dechunked(begun.substr(head_of(begun).size() + 2) + "0\r\n\r\n"), plain));
  CHECK(plain == "[1");
  std::exchange(resume, nullptr)();
  site.turns();
  CHECK(body_of(peer.take()) == "[1,2]");
}

TEST_CASE("Long answers are compressed in turns, which leave time for others",
          "[http][compressed]") {
  Texts site;
  std::vector<Peer*> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(&site.connect());
    peers.back()->send("GET /whole?1000000 HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  }
  int turns = 0;
  const auto all_have_answers = [&] {
    for (const Peer* peer : peers) {
      if (!peer->received().ends_with("\r\n0\r\n\r\n")) return false;
    }
    return true;
  };
  while (!all_have_answers() && turns < 10'000) {
    site.turn();
    ++turns;
  }
  // 8 MB of text, of which a turn compresses at most about 1 MB.
  CHECK(turns > 8);
  CHECK(turns < 10'000);
  for (Peer* peer : peers) CHECK(body_of(peer->take()) == Texts::text(1'000'000));
}

TEST_CASE("What waits to be compressed is counted until it has gone", "[http][compressed]") {
  Texts site;
  Peer& peer = site.connect();
  peer.set_room(100);
  peer.send("GET /whole?1000000 HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  site.turns();
  CHECK(site.state->held.sum() >= 1'000'000);
  peer.set_room(test::kUnlimited);
  site.turns();
  CHECK(body_of(peer.take()) == Texts::text(1'000'000));
  CHECK(site.state->held.sum() == 0);
}

TEST_CASE("A stream is never compressed", "[http][compressed]") {
  Site site;
  Peer& peer = site.connect();
  peer.send("GET /stream HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  site.turns();
  REQUIRE(site.stream != nullptr);
  const std::string text = "data: x\n\n";
  const iovec piece{const_cast<char*>(text.data()), text.size()};
  CHECK(site.stream->write({&piece, 1}).status == net::IoStatus::kOk);
  CHECK_FALSE(has(peer.received(), "Content-Encoding"));
  CHECK(has(peer.received(), text));
}

}  // namespace
}  // namespace sse::http
