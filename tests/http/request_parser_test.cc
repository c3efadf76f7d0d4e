#include "sse/http/request_parser.h"

#include <string>
#include <string_view>
#include <vector>

#include "http/reading.h"
#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::string_literals;
using Params = std::vector<std::pair<std::string, std::string>>;

// Reads it whole, and checks that every split in two, and byte by byte, gives the same.
Reading read_every_way(std::string_view bytes, const RequestLimits& limits = {}) {
  const Reading whole = read(bytes, bytes.size(), 1, limits);
  CHECK(read(bytes, 1, 1, limits) == whole);
  const std::size_t step = bytes.size() > 2000 ? 997 : 1;
  for (std::size_t cut = 1; cut < bytes.size(); cut += step) {
    if (!(read(bytes, cut, bytes.size(), limits) == whole)) {
      CAPTURE(cut);
      FAIL("a split changes what is read");
    }
  }
  return whole;
}

std::string get(std::string_view target, std::string_view fields = "Host: h\r\n") {
  return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view fields, std::string_view rest) {
  return "POST /p HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" + std::string(rest);
}

std::string chunked(std::string_view body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

std::string many_fields(int count) {
  std::string fields = "Host: h\r\n";
  for (int i = 1; i < count; ++i) fields += "X: y\r\n";
  return fields;
}

struct Refused {
  const char* what;
  std::string bytes;
  int status;
};

const std::vector<Refused> kRefused = {
    {"both lengths", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
    {"both lengths, the other way round",
     post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), 400},
    {"the length twice", post("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), 400},
    {"two lengths", post("Content-Length: 1\r\ncontent-length: 2\r\n", "xx"), 400},
    {"a list of lengths", post("Content-Length: 1, 1\r\n", "x"), 400},
    {"a length with a sign", post("Content-Length: +1\r\n", "x"), 400},
    {"a negative length", post("Content-Length: -1\r\n", "x"), 400},
    {"a hexadecimal length", post("Content-Length: 0x1\r\n", "x"), 400},
    {"an empty length", post("Content-Length:\r\n", ""), 400},
    {"a length past 64 bits", post("Content-Length: 18446744073709551617\r\n", "x"), 400},
    {"a length in quotes", post("Content-Length: \"1\"\r\n", "x"), 400},
    {"Transfer-Encoding: xchunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
    {"Transfer-Encoding: gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", ""), 400},
    {"Transfer-Encoding: identity", post("Transfer-Encoding: identity\r\n", ""), 400},
    {"Transfer-Encoding twice",
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), 400},
    {"Transfer-Encoding in HTTP/1.0",
     "POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"a blank before the colon", get("/", "Host : h\r\n"), 400},
    {"a tab before the colon", post("Transfer-Encoding\t: chunked\r\n", ""), 400},
    {"obs-fold", get("/", "Host: h\r\nX: a\r\n b\r\n"), 400},
    {"obs-fold with a tab", get("/", "Host: h\r\nX: a\r\n\tb\r\n"), 400},
    {"a blank before the first field", get("/", " Host: h\r\n"), 400},
    {"bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
    {"bare LF after a field", "GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
    {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
    {"bare CR in a value", get("/", "Host: h\r\nX: a\rb\r\n"), 400},
    {"bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"CR CR LF", "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", 400},
    {"NUL in a value", get("/", "Host: h\r\nX: a\0b\r\n"s), 400},
    {"NUL in a name", get("/", "Host: h\r\nX\0: b\r\n"s), 400},
    {"an escape in a value", get("/", "Host: h\r\nX: \x1b[2J\r\n"), 400},
    {"DEL in a value", get("/", "Host: h\r\nX: \x7f\r\n"), 400},
    {"no colon", get("/", "Host: h\r\nnonsense\r\n"), 400},
    {"an empty name", get("/", "Host: h\r\n: x\r\n"), 400},
    {"no Host", get("/", ""), 400},
    {"no Host with a whole URL", get("http://h/", ""), 400},
    {"two Hosts", get("/", "Host: h\r\nHost: h\r\n"), 400},
    {"Host with a user", get("/", "Host: u@h\r\n"), 400},
    {"Host with a blank", get("/", "Host: a b\r\n"), 400},
    {"Host with a path", get("/", "Host: h/x\r\n"), 400},
    {"authority form", get("h:80"), 400},
    {"CONNECT", "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 501},
    {"* for GET", get("*"), 400},
    {"another scheme", get("ftp://h/"), 400},
    {"a URL without a host", get("http:///x"), 400},
    {"a URL with a user", get("http://u:p@h/x"), 400},
    {"%00 in the path", get("/a%00b"), 400},
    {"%00 in the query", get("/a?x=%00"), 400},
    {"a control character in the path", get("/a%0ab"), 400},
    {".. in the path", get("/a/../b"), 400},
    {".. at the end", get("/a/.."), 400},
    {".. in disguise", get("/a/%2e%2E/b"), 400},
    {".. behind an encoded slash", get("/a/..%2fb"), 400},
    {"% at the end", get("/a%"), 400},
    {"% and one digit", get("/a%4"), 400},
    {"% and no digits", get("/a?x=%zz"), 400},
    {"invalid UTF-8 in the path", get("/a%ff"), 400},
    {"invalid UTF-8 in the query", get("/?x=%c3%28"), 400},
    {"an overlong form", get("/?x=%c0%af"), 400},
    {"a fragment", get("/a#b"), 400},
    {"a blank in the target", get("/a b"), 400},
    {"two blanks", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"a tab for a blank", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"a blank at the end of the line", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400},
    {"no version", "GET /\r\nHost: h\r\n\r\n", 400},
    {"a version in small letters", "GET / http/1.1\r\nHost: h\r\n\r\n", 400},
    {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400},
    {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
    {"HTTP/2 itself", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"HTTP/0.9", "GET / HTTP/0.9\r\n\r\n", 505},
    {"a method that is not a token", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
    {"TLS", "\x16\x03\x01\x02"s, 400},
    {"two empty lines first", "\r\n\r\n" + get("/"), 400},
    {"LF first", "\n" + get("/"), 400},
    {"10,000 fields", get("/", many_fields(10'000)), 431},
    {"101 fields", get("/", many_fields(101)), 431},
    {"a head of 64 KiB", get("/", "Host: h\r\nX: " + std::string(64 << 10, 'x') + "\r\n"), 431},
    {"a target of 64 KiB", get("/" + std::string(64 << 10, 'x')), 414},
    {"a body past the limit", post("Content-Length: 1048577\r\n", ""), 413},
    {"a chunk past the limit", chunked("100001\r\n"), 413},
    {"a chunk that wraps around", chunked("fffffffffffffffff\r\n"), 413},
    {"another expectation", post("Expect: 200-ok\r\nContent-Length: 1\r\n", "x"), 417},
    {"a compressed body", post("Content-Encoding: gzip\r\nContent-Length: 1\r\n", "x"), 415},
    {"a chunk without its CRLF", chunked("1\r\nxy\r\n0\r\n\r\n"), 400},
    {"a chunk that ends in LF", chunked("1\r\nx\n0\r\n\r\n"), 400},
    {"a chunk size that ends in LF", chunked("1\nx\r\n0\r\n\r\n"), 400},
    {"an empty chunk size", chunked("\r\n"), 400},
    {"a chunk size with a sign", chunked("-1\r\n"), 400},
    {"a chunk size with 0x", chunked("0x1\r\n"), 400},
    {"a blank before a chunk size", chunked(" 1\r\nx\r\n0\r\n\r\n"), 400},
    {"a blank behind a chunk size", chunked("1 \r\nx\r\n0\r\n\r\n"), 400},
    {"LF in a chunk extension", chunked("1;a\nb\r\nx\r\n0\r\n\r\n"), 400},
    {"a long chunk extension", chunked("1;" + std::string(300, 'x') + "\r\n"), 400},
    {"a chunk size of a thousand zeros", chunked(std::string(1000, '0') + "\r\n"), 400},
    {"a folded trailer", chunked("0\r\nX: a\r\n b\r\n\r\n"), 400},
    {"a trailer that ends in LF", chunked("0\r\nX: a\n\r\n"), 400},
    {"trailers without end", chunked("0\r\n" + std::string(20'000, 'x')), 431},
};

TEST_CASE("A request whose framing is in doubt is refused, at every split", "[http][parser]") {
  for (const auto& row : kRefused) {
    CAPTURE(row.what);
    CHECK(read_every_way(row.bytes).status == row.status);
  }
}

TEST_CASE("A request gives its handler decoded, checked bytes", "[http][parser]") {
  const auto reading = read_every_way(
      "PUT /m%C3%A4r/a%2Db?t=a+b%2Bc&t=%23&empty=&bare&&=x HTTP/1.1\r\n"
      "Host: h:80\r\nLast-Event-ID:  x%0ay\t\r\nX:\r\nContent-Length: 3\r\n\r\nabc");
  CHECK(reading.status == 0);
  CHECK(reading.method == "PUT");
  CHECK(reading.path == "/m\xC3\xA4r/a-b");
  CHECK(reading.target == "/m%C3%A4r/a%2Db?t=a+b%2Bc&t=%23&empty=&bare&&=x");
  CHECK(reading.version == Version::kHttp11);
  CHECK(reading.body == "abc");
  CHECK(reading.params ==
        Params{{"t", "a+b+c"}, {"t", "#"}, {"empty", ""}, {"bare", ""}, {"", "x"}});
  CHECK(reading.fields.get("last-event-id") == "x%0ay");  // as it is, not decoded
  CHECK(reading.fields.get("X").empty());
}

TEST_CASE("A chunked body is put together, its extensions and trailers left out",
          "[http][parser]") {
  const auto reading = read_every_way(chunked(
      "3;name=\"v\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX: y\r\nContent-Length: 9\r\n\r\n"));
  CHECK(reading.status == 0);
  CHECK(reading.body == "abc0123456789");
  CHECK(reading.fields.count("X") == 0);
  CHECK(reading.fields.count("Content-Length") == 0);
}

TEST_CASE("What follows a request is left to the next one", "[http][parser]") {
  const auto first = post("Content-Length: 2\r\n", "hi");
  CHECK(read_every_way(first + get("/")).taken == first.size());
  const auto second = chunked("1\r\nx\r\n0\r\n\r\n");
  CHECK(read_every_way(second + get("/")).taken == second.size());
}

TEST_CASE("One empty line before a request is let pass", "[http][parser]") {
  CHECK(read_every_way("\r\n" + get("/x")).path == "/x");
}

TEST_CASE("A whole URL as target gives the path, and its host counts", "[http][parser]") {
  const auto reading = read_every_way(get("HTTP://other:81/a?b=c", "Host: h\r\n"));
  CHECK(reading.path == "/a");
  CHECK(reading.params == Params{{"b", "c"}});
  CHECK(reading.fields == Fields{{"Host", "other:81"}});
  CHECK(read_every_way(get("http://h")).path == "/");
  CHECK(read_every_way(get("http://h?x=1")).params == Params{{"x", "1"}});
}

TEST_CASE("Dots in a path that climb nowhere are harmless", "[http][parser]") {
  for (const auto* path : {"/a..b", "/...", "/.", "/a/.b", "/..c"}) {
    CAPTURE(path);
    CHECK(read_every_way(get(path)).path == path);
  }
}

TEST_CASE("HTTP/1.1 keeps the connection unless told, HTTP/1.0 only when told", "[http][parser]") {
  CHECK(read_every_way(get("/")).keep_alive);
  CHECK_FALSE(read_every_way(get("/", "Host: h\r\nConnection: x, CLOSE\r\n")).keep_alive);
  CHECK(read_every_way(get("/", "Host: h\r\nConnection: closed\r\n")).keep_alive);
  CHECK_FALSE(read_every_way("GET / HTTP/1.0\r\n\r\n").keep_alive);
  CHECK(read_every_way("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n").keep_alive);
  CHECK(read_every_way("GET / HTTP/1.7\r\nHost: h\r\n\r\n").keep_alive);
}

TEST_CASE("Heads and bodies up to their limits are taken, one byte more is not", "[http][parser]") {
  const std::string head = post("Content-Length: 4\r\n", "");
  RequestLimits limits{head.size(), 4};
  CHECK(read_every_way(head + "abcd", limits).status == 0);
  CHECK(read_every_way(post("Content-Length: 5\r\n", "abcde"), limits).status == 413);
  limits.max_head = head.size() - 1;
  CHECK(read_every_way(head + "abcd", limits).status == 431);
  limits.max_head = 200;
  CHECK(read_every_way(chunked("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), limits).status == 0);
  CHECK(read_every_way(chunked("2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"), limits).status == 413);
}

TEST_CASE("The parser says when a peer waits for 100 Continue", "[http][parser]") {
  Request request;
  RequestParser parser({});
  parser.feed(post("Content-Length: 2\r\nExpect: 100-continue\r\n", ""), request);
  CHECK(parser.progress() == RequestParser::Progress::kHead);
  CHECK_FALSE(parser.awaits_continue());  // the head is to be judged first
  parser.go_on();
  CHECK(parser.awaits_continue());
  parser.feed("h", request);
  CHECK_FALSE(parser.awaits_continue());
  RequestParser old({});
  old.feed("POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", request);
  old.go_on();
  CHECK_FALSE(old.awaits_continue());
}

}  // namespace
}  // namespace sse::http
