#include "sse/http/static_files.h"

#include <array>
#include <string>

#include "http/site.h"

namespace sse::http {
namespace {

constexpr std::array kFiles = {
    StaticFile{"/", "text/html; charset=utf-8", "1a", Freshness::kAskEachTime, "<html>page</html>",
               "page in gzip", "page in brotli"},
    StaticFile{"/assets/dot-2b.png", "image/png", "2b", Freshness::kForEver, "dot", "", ""},
    StaticFile{"/empty", "text/plain", "3c", Freshness::kAskEachTime, "", "", ""},
};

/// A site with the files above, and what it answers.
struct FileSite : Site {
  FileSite() {
    add_static_files(router, kFiles, {{"Content-Security-Policy", "default-src 'none'"}});
  }

  std::string ask_for(const std::string& what, const std::string& fields = {}) {
    return ask(what + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  }
};

bool has_line(const std::string& answer, const std::string& line) {
  return answer.find("\r\n" + line + "\r\n") != std::string::npos;
}

TEST_CASE("A file is sent with its type, tag and rules", "[http][static_files]") {
  FileSite site;
  const auto answer = site.ask_for("GET /");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(has_line(answer, "Content-Type: text/html; charset=utf-8"));
  CHECK(has_line(answer, "Content-Length: 17"));
  CHECK(has_line(answer, "ETag: \"1a\""));
  CHECK(has_line(answer, "Cache-Control: no-cache"));
  CHECK(has_line(answer, "Vary: Accept-Encoding"));
  CHECK(has_line(answer, "X-Content-Type-Options: nosniff"));
  CHECK(has_line(answer, "Content-Security-Policy: default-src 'none'"));
  CHECK(answer.find("Content-Encoding") == std::string::npos);
  CHECK(answer.ends_with("\r\n\r\n<html>page</html>"));
}

TEST_CASE("The smallest form that the peer takes is sent, under a tag of its own",
          "[http][static_files]") {
  FileSite site;
  const auto brotli = site.ask_for("GET /", "Accept-Encoding: gzip\r\nAccept-Encoding: br\r\n");
  CHECK(has_line(brotli, "Content-Encoding: br"));
  CHECK(has_line(brotli, "ETag: \"1a-br\""));
  CHECK(brotli.ends_with("\r\n\r\npage in brotli"));
  const auto gzip = site.ask_for("GET /", "Accept-Encoding: gzip\r\n");
  CHECK(has_line(gzip, "Content-Encoding: gzip"));
  CHECK(has_line(gzip, "ETag: \"1a-gzip\""));
  CHECK(gzip.ends_with("\r\n\r\npage in gzip"));
}

TEST_CASE("A file that has one form does not vary", "[http][static_files]") {
  FileSite site;
  const auto answer = site.ask_for("GET /assets/dot-2b.png", "Accept-Encoding: gzip, br\r\n");
  CHECK(has_line(answer, "Cache-Control: public, max-age=31536000, immutable"));
  CHECK(answer.find("Vary:") == std::string::npos);
  CHECK(answer.find("Content-Encoding") == std::string::npos);
  CHECK(answer.ends_with("\r\n\r\ndot"));
}

TEST_CASE("Who has a file is told so, in the form that he would get", "[http][static_files]") {
  FileSite site;
  const auto same = site.ask_for("GET /", "If-None-Match: \"x\"\r\nIf-None-Match: W/\"1a\"\r\n");
  CHECK(same.starts_with("HTTP/1.1 304 Not Modified\r\n"));
  CHECK(has_line(same, "ETag: \"1a\""));
  CHECK(has_line(same, "Cache-Control: no-cache"));
  CHECK(has_line(same, "Vary: Accept-Encoding"));
  CHECK(has_line(same, "Content-Security-Policy: default-src 'none'"));
  CHECK(same.find("Content-Type:") == std::string::npos);
  CHECK(same.ends_with("\r\n\r\n"));
  CHECK(site.ask_for("GET /", "If-None-Match: \"1a\"\r\nAccept-Encoding: br\r\n")
            .starts_with("HTTP/1.1 200 "));
  CHECK(site.ask_for("GET /", "If-None-Match: *\r\n").starts_with("HTTP/1.1 304 "));
  CHECK(site.ask_for("HEAD /", "If-None-Match: \"1a\"\r\n").starts_with("HTTP/1.1 304 "));
}

TEST_CASE("A peer that excludes every form is told which there are", "[http][static_files]") {
  FileSite site;
  const auto answer = site.ask_for("GET /assets/dot-2b.png", "Accept-Encoding: identity;q=0\r\n");
  CHECK(answer.starts_with("HTTP/1.1 406 Not Acceptable\r\n"));
  CHECK(answer.find("there is identity") != std::string::npos);
  CHECK(answer.find("Cache-Control") == std::string::npos);
}

TEST_CASE("HEAD is the head of GET, and other methods are not for files", "[http][static_files]") {
  FileSite site;
  const auto head = site.ask_for("HEAD /", "Accept-Encoding: br\r\n");
  CHECK(has_line(head, "Content-Length: 14"));
  CHECK(has_line(head, "Content-Encoding: br"));
  CHECK(head.ends_with("\r\n\r\n"));
  const auto posted = site.ask_for("POST /", "Content-Length: 0\r\n");
  CHECK(posted.starts_with("HTTP/1.1 405 "));
  CHECK(has_line(posted, "Allow: GET, HEAD, OPTIONS"));
}

TEST_CASE("An empty file has a length", "[http][static_files]") {
  FileSite site;
  const auto answer = site.ask_for("GET /empty");
  CHECK(has_line(answer, "Content-Length: 0"));
  CHECK(answer.ends_with("\r\n\r\n"));
}

TEST_CASE("A large file leaves in pieces, as its peer reads", "[http][static_files]") {
  const std::string large(3U << 20U, 'x');
  const std::array files = {
      StaticFile{"/large", "text/plain", "4d", Freshness::kForEver, large, "", ""}};
  Site site;
  add_static_files(site.router, files);
  Peer& peer = site.connect();
  peer.set_room(100'000);
  peer.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  site.turns();
  CHECK(peer.received().size() == 100'000);
  peer.set_room(test::kUnlimited);
  for (int turn = 0; turn < 100 && peer.received().size() < large.size(); ++turn) {
    site.loop->turn();
  }
  CHECK(peer.received().ends_with("\r\n\r\n" + large));
}

}  // namespace
}  // namespace sse::http
