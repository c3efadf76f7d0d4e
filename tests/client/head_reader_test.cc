#include "sse/client/head_reader.h"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"

namespace sse::client {
namespace {

/// What is wrong with these lines; `complete` or `more` when nothing is.
std::string read(HeadReader& reader, std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n') + 1);
    if (const auto status = reader.push(line); !status) return status.error().text;
    text.remove_prefix(line.size());
  }
  return reader.is_complete() ? "complete" : "more";
}

std::string read(std::string_view text) {
  HeadReader reader;
  return read(reader, text);
}

TEST_CASE("A head is complete with its blank line", "[client][head]") {
  HeadReader reader;
  CHECK(read(reader, "HTTP/1.1 200 OK\r\nA: 1\r\n folded\r\nb:\t2 \r\n") == "more");
  CHECK(read(reader, "\r\n") == "complete");
  CHECK(reader.head().status == 200);
  REQUIRE(reader.head().headers.size() == 2);
  CHECK(reader.head().header("a") == "1 folded");
  CHECK(reader.head().header("B") == "2");
  CHECK(read("HTTP/1.0 404\n\n") == "complete");
}

TEST_CASE("Interim responses are dropped, with their header lines", "[client][head]") {
  HeadReader reader;
  CHECK(read(reader, "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 102 X\r\n\r\n") == "more");
  CHECK(read(reader, "HTTP/1.1 201 Created\r\n\r\n") == "complete");
  CHECK(reader.head().status == 201);
  CHECK(reader.head().headers.empty());
}

TEST_CASE("A head that could be read in two ways is refused with a reason", "[client][head]") {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  const std::pair<std::string, const char*> rows[] = {
      {"SSH-2.0-OpenSSH\r\n", "status line"},
      {"HTTP/2 200\r\n", "HTTP/2, not HTTP/1.1"},
      {"HTTP/1.1\r\n", "three digits"},
      {"HTTP/1.1 20\r\n", "three digits"},
      {"HTTP/1.1 2000 OK\r\n", "three digits"},
      {"HTTP/1.1 -20 OK\r\n", "three digits"},
      {"HTTP/1.1 099 OK\r\n", "three digits"},
      {start + "HTTP/1.1 103 Early\r\n", "not a header line"},
      {"HTTP/1.1 101 Switching Protocols\r\n", "101"},
      {start + "Content-Length: 5\r\nContent-Length: 8\r\n\r\n", "two Content-Lengths"},
      {start + "Content-Length: 5abc\r\n\r\n", "\"5abc\" is not a length"},
      {start + "Content-Length: 5, 5\r\n\r\n", "not a length"},
      {start + "Content-Length: -5\r\n\r\n", "not a length"},
      {start + "Content-Length: +5\r\n\r\n", "not a length"},
      {start + "Content-Length: \r\n\r\n", "not a length"},
      {start + "Content-Length: 10000000000000000000000\r\n\r\n", "not a length"},
      {start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "and is chunked"},
      {start + "Transfer-Encoding: gzip, chunked\r\n\r\n", "not just 'chunked'"},
      {start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "not just"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0 does not have"},
      {start + "Content-Encoding: gzip\r\n\r\n", "\"gzip\""},
      {start + " folded\r\n", "starts with a blank"},
      {start + "Content-Length : 5\r\n", "not a header line"},
      {start + ": 5\r\n", "not a header line"},
      {start + "no colon\r\n", "not a header line"},
      {start + "a: b\rc: d\r\n", "control character"},
      {start + std::string("a: b\0c\r\n", 8), "control character"}};
  for (const auto& [text, why] : rows) {
    CAPTURE(text);
    CHECK_THAT(read(text), Catch::Contains(why));
  }
}

TEST_CASE("What only looks odd is read", "[client][head]") {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  const std::string rows[] = {start + "Content-Length: 5\r\ncontent-length: 5\r\n\r\n",
                              start + "Content-Length: 007\r\n\r\n",
                              start + "Transfer-Encoding: Chunked\r\n\r\n",
                              start + "Transfer-Encoding: identity\r\n\r\n",
                              start + "Content-Encoding: identity\r\n\r\n",
                              "HTTP/1.1 503 Busy\r\nContent-Encoding: gzip\r\n\r\n",
                              "HTTP/1.1 204 None\r\nContent-Length: none\r\n\r\n",
                              "HTTP/1.1 200 " + std::string(5000, 'x') + "\r\n\r\n",
                              start + "X: " + std::string(90'000, 'x') + "\r\n\r\n"};
  for (const auto& text : rows) {
    CAPTURE(text.substr(0, 80));
    CHECK(read(text) == "complete");
  }
}

TEST_CASE("A head, interim responses and trailers have one limit together", "[client][head]") {
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  const auto pushes_until_refused = [&line](HeadReader& reader) {
    for (std::size_t pushes = 1; pushes < 1000; ++pushes) {
      if (const auto status = reader.push(line); !status) {
        CHECK(status.error().code == ErrorCode::kTooLarge);
        return pushes;
      }
    }
    return std::size_t{0};
  };
  HeadReader head;
  CHECK(read(head, "HTTP/1.1 200 OK\r\n") == "more");
  CHECK(pushes_until_refused(head) == kMaxHeadBytes / line.size() + 1);
  HeadReader trailer;
  CHECK(read(trailer, "HTTP/1.1 200 OK\r\n\r\n") == "complete");
  CHECK(pushes_until_refused(trailer) == kMaxHeadBytes / line.size() + 1);
  HeadReader interim;
  std::string said = "more";
  while (said == "more") said = read(interim, "HTTP/1.1 103 Early Hints\r\n\r\n");
  CHECK_THAT(said, Catch::Contains("200 KiB"));
}

}  // namespace
}  // namespace sse::client
