// The page at `/`, as it is in the program: what apps/dashboard is built into, whole and under its
// rules.

#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

namespace sse::test {
namespace {

/// A file with its head, decoded if it came compressed.
httplib::Result get(const HubProgram& hub, const std::string& path,
                    const std::string& accept_encoding = "identity") {
  httplib::Client client("127.0.0.1", hub.port());
  auto result = client.Get(path, httplib::Headers{{"Accept-Encoding", accept_encoding}});
  REQUIRE(result);
  return result;
}

/// The page's files that its markup names, without the `.` of relative ones.
std::vector<std::string> named_files(const std::string& html) {
  static const std::regex kNamed(R"re((?:src|href)="\.?(/[^"]+)")re");
  std::vector<std::string> names;
  for (auto at = std::sregex_iterator(html.begin(), html.end(), kNamed);
       at != std::sregex_iterator(); ++at) {
    names.push_back((*at)[1].str());
  }
  return names;
}

TEST_CASE("The page and the files that it names are in the program", "[system][dashboard]") {
  const HubProgram hub;
  const auto page = get(hub, "/");
  CHECK(page->status == 200);
  CHECK(page->get_header_value("Content-Type") == "text/html; charset=utf-8");
  CHECK(page->get_header_value("Cache-Control") == "no-cache");
  CHECK(page->body.find("<div id=\"root\">") != std::string::npos);
  std::string types;
  for (const auto& name : named_files(page->body)) {
    CAPTURE(name);
    const auto file = get(hub, name);
    CHECK(file->status == 200);
    CHECK_FALSE(file->body.empty());
    CHECK(file->get_header_value("X-Content-Type-Options") == "nosniff");
    CHECK(file->get_header_value("Cache-Control") == "public, max-age=31536000, immutable");
    types += file->get_header_value("Content-Type") + "\n";
  }
  CHECK(types.find("text/javascript; charset=utf-8\n") != std::string::npos);
  CHECK(types.find("text/css; charset=utf-8\n") != std::string::npos);
  CHECK(types.find("image/svg+xml\n") != std::string::npos);
}

TEST_CASE("Every encoding of a file decodes to the same bytes, under another tag",
          "[system][dashboard]") {
  const HubProgram hub;
  auto names = named_files(get(hub, "/")->body);
  names.emplace_back("/");
  std::size_t compressed = 0;
  for (const auto& name : names) {
    CAPTURE(name);
    const auto plain = get(hub, name);
    for (const char* coding : {"br", "gzip"}) {
      CAPTURE(coding);
      const auto file = get(hub, name, coding);
      CHECK(file->body == plain->body);
      CHECK(file->get_header_value("Content-Type") == plain->get_header_value("Content-Type"));
      if (!file->has_header("Content-Encoding")) continue;  // it would not be smaller
      ++compressed;
      CHECK(file->get_header_value("Content-Encoding") == coding);
      CHECK(file->get_header_value("ETag") != plain->get_header_value("ETag"));
      CHECK(file->get_header_value_count("Vary") == 2);  // Origin is the other
    }
  }
  CHECK(compressed >= 4);  // page and script at least
}

TEST_CASE("A browser that has the page is told so", "[system][dashboard]") {
  const HubProgram hub;
  const std::string fields = "Accept-Encoding: gzip, deflate, br\r\n";
  const auto first = request(hub.port(), "GET", "/", {}, fields);
  CHECK(first.header("Content-Encoding") == "br");
  const auto tag = first.header("ETag");
  const auto again = request(hub.port(), "GET", "/", {}, fields + "If-None-Match: " + tag + "\r\n");
  CHECK(again.status == 304);
  CHECK(again.header("ETag") == tag);
  CHECK(again.body.empty());
  const auto other = request(hub.port(), "GET", "/", {}, fields + "If-None-Match: \"older\"\r\n");
  CHECK(other.status == 200);
}

TEST_CASE("The page may load its own files and this hub, and holds nothing inline",
          "[system][dashboard]") {
  const HubProgram hub;
  const auto page = get(hub, "/");
  CHECK(page->get_header_value("Content-Security-Policy") ==
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'");
  CHECK(page->get_header_value("Referrer-Policy") == "no-referrer");
  const auto icase = std::regex::icase;
  CHECK_FALSE(std::regex_search(page->body, std::regex(R"(<script(?![^>]*\ssrc=))", icase)));
  CHECK_FALSE(std::regex_search(page->body, std::regex(R"(<style|\sstyle=|\son\w+=)", icase)));
  CHECK_FALSE(std::regex_search(page->body, std::regex(R"re((src|href)="(\w+:|//))re", icase)));
}

TEST_CASE("What is not in the page is JSON as ever, and no path leads to the disk",
          "[system][dashboard]") {
  const HubProgram hub;
  for (const char* path :
       {"/index.html", "/assets", "/assets/", "/assets/none.js", "/src/main.tsx", "/../etc/passwd",
        "/assets/../../etc/passwd", "/assets/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"}) {
    CAPTURE(path);
    const auto answer = request(hub.port(), "GET", path);
    CHECK((answer.status == 404 || answer.status == 400));
    CHECK(answer.header("Content-Type") == "application/json");
    CHECK(nlohmann::json::parse(answer.body).contains("error"));
  }
}

TEST_CASE("The page is read and not written, and the hub's rule for Host holds for it",
          "[system][dashboard]") {
  const HubProgram hub;
  const auto posted = request(hub.port(), "POST", "/", "x");
  CHECK(posted.status == 405);
  CHECK(posted.header("Allow") == "GET, HEAD, OPTIONS");

  RawConnection connection(hub.port());
  connection.send("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const RawAnswer head{0, connection.read_all(), {}};
  CHECK(head.head.starts_with("HTTP/1.1 200"));
  CHECK(head.head.ends_with("\r\n\r\n"));
  CHECK(head.header("Content-Length") == std::to_string(get(hub, "/")->body.size()));

  RawConnection rebound(hub.port());
  rebound.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  CHECK(read_answer(rebound).status == 403);
}

TEST_CASE("Browsers that show an answer in JSON find an icon", "[system][dashboard]") {
  const HubProgram hub;
  const auto icon = get(hub, "/favicon.ico");
  CHECK(icon->status == 200);
  CHECK(icon->get_header_value("Content-Type").starts_with("image/"));
}

}  // namespace
}  // namespace sse::test
