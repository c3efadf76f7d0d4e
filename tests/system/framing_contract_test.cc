#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

// RFC 9112 as the real hub reads it: where a request ends is never in doubt for two readers.

namespace sse::test {
namespace {

using namespace std::string_literals;

struct Refused {
  const char* what;
  std::string bytes;
  int status;
};

std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "\r\n";
}

std::string post(std::string_view fields, std::string_view rest) {
  return "POST /events HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" +
         std::string(rest);
}

std::string many_fields(int count) {
  std::string fields;
  for (int i = 0; i < count; ++i) fields += "X: y\r\n";
  return fields;
}

const std::vector<Refused> kRefused = {
    {"both lengths", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
    {"the length twice", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"), 400},
    {"two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), 400},
    {"a list of lengths", post("Content-Length: 2, 2\r\n", "{}"), 400},
    {"an odd length", post("Content-Length: +2\r\n", "{}"), 400},
    {"another coding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
    {"two codings", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
    {"a blank before the colon", get("/-/healthz", "X : y\r\n"), 400},
    {"obs-fold", get("/-/healthz", "X: y\r\n z\r\n"), 400},
    {"a bare LF", "GET /-/healthz HTTP/1.1\nHost: localhost\r\n\r\n", 400},
    {"a bare CR", get("/-/healthz", "X: y\rZ: a\r\n"), 400},
    {"NUL", get("/-/healthz", "X: a\0b\r\n"s), 400},
    {"a chunk without its CRLF", post("Transfer-Encoding: chunked\r\n", "2\r\n{}0\r\n\r\n"), 400},
    {"no Host", "GET /-/healthz HTTP/1.1\r\n\r\n", 400},
    {"two Hosts", get("/-/healthz", "Host: localhost\r\n"), 400},
    {"an authority", get("localhost:80"), 400},
    {"a tunnel", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
    {"%00", get("/a%00b"), 400},
    {"..", get("/a/../-/healthz"), 400},
    {"an escape in the target", get("/\x1b[31m"), 400},
    {"HTTP/2.0", "GET /-/healthz HTTP/2.0\r\nHost: localhost\r\n\r\n", 505},
    {"10,000 fields", get("/-/healthz", many_fields(10'000)), 431},
    {"a head of 64 KiB", get("/-/healthz", "X: " + std::string(64U << 10U, 'x') + "\r\n"), 431},
};

TEST_CASE("A request whose framing is in doubt is refused, and nothing behind it is served",
          "[system][http]") {
  HubProgram hub({"--access-log"});
  for (const auto& refused : kRefused) {
    INFO(refused.what);
    RawConnection connection(hub.port());
    connection.send(refused.bytes + get("/-/healthz"));
    const auto answer = read_answer(connection);
    CHECK(answer.status == refused.status);
    CHECK(answer.header("Connection") == "close");
    CHECK(answer.header("Content-Type") == "application/json");
    CHECK(answer.body.starts_with(R"({"error":")"));
    CHECK(connection.is_at_end());
  }
  hub.program().wait_for_err(" 431 ");
  const std::string log = hub.program().err();
  CHECK(std::none_of(log.begin(), log.end(), [](char c) {
    return c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == '\x7f');
  }));
}

TEST_CASE("A write whose body never came whole is not kept", "[system][http]") {
  const HubProgram hub;
  {
    RawConnection connection(hub.port());
    connection.send(post("Content-Length: 100\r\n", R"({"data":1})"));
    connection.shutdown_write();
    CHECK(connection.read_all().empty());
  }
  const auto id = request(hub.port(), "POST", "/events", R"({"data":2})").header("SSE-Event-Id");
  CHECK(id.ends_with("000000000001"));
}

TEST_CASE("Pipelined requests are answered in order", "[system][http]") {
  const HubProgram hub;
  RawConnection connection(hub.port());
  connection.send(post("Content-Length: 10\r\n", R"({"data":1})") + get("/nothing") +
                  post("Transfer-Encoding: chunked\r\n", "A\r\n{\"data\":2}\r\n0\r\n\r\n") +
                  get("/-/healthz", "Connection: Close\r\n") + get("/-/readyz"));
  CHECK(read_answer(connection).header("SSE-Event-Id").ends_with("000000000001"));
  CHECK(read_answer(connection).status == 404);
  CHECK(read_answer(connection).header("SSE-Event-Id").ends_with("000000000002"));
  const auto last = read_answer(connection);
  CHECK(last.status == 200);
  CHECK(last.header("Connection") == "close");
  CHECK(connection.is_at_end());
}

TEST_CASE("HTTP/1.0 is served, and kept open only when asked", "[system][http]") {
  const HubProgram hub;
  RawConnection plain(hub.port());
  plain.send("GET /metrics HTTP/1.0\r\n\r\n");
  const auto answer = read_answer(plain);
  CHECK(answer.status == 200);
  CHECK(answer.body == "[]");
  CHECK(answer.header("Transfer-Encoding").empty());
  CHECK(plain.is_at_end());

  RawConnection kept(hub.port());
  for (int i = 0; i < 2; ++i) {
    kept.send("GET /-/healthz HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    CHECK(read_answer(kept).header("Connection") == "keep-alive");
  }
}

TEST_CASE("A whole URL is a target, and its host is the one that counts", "[system][http]") {
  const HubProgram hub;
  RawConnection connection(hub.port());
  connection.send(get("http://127.0.0.1/-/healthz"));
  CHECK(read_answer(connection).status == 200);
  connection.send(get("http://evil.example/-/healthz"));
  CHECK(read_answer(connection).status == 403);
  connection.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto options = read_answer(connection);
  CHECK(options.status == 204);
  CHECK(options.header("Allow") == "DELETE, GET, HEAD, OPTIONS, POST");
}

TEST_CASE("A Host that is not this machine's is refused unless it is allowed", "[system][http]") {
  const HubProgram hub({"--allow-host", "hub.example"});
  const auto ask = [&](const std::string& host) {
    RawConnection connection(hub.port());
    connection.send("GET /-/healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return read_answer(connection).status;
  };
  CHECK(ask("localhost:8089") == 200);
  CHECK(ask("[::1]:1") == 200);
  CHECK(ask("Hub.Example:80") == 200);
  CHECK(ask("evil.example") == 403);
  CHECK(ask("127.0.0.1.evil.example") == 403);
  CHECK(ask("") == 403);
}

TEST_CASE("A body that waits for 100 Continue is asked for, or refused before it is sent",
          "[system][http]") {
  const HubProgram hub({"--max-body", "1k"});
  RawConnection connection(hub.port());
  connection.send(post("Content-Length: 10\r\nExpect: 100-continue\r\n", ""));
  CHECK(connection.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  connection.send(R"({"data":1})");
  CHECK(read_answer(connection).status == 201);
  connection.send(post("Content-Length: 2000\r\nExpect: 100-continue\r\n", ""));
  CHECK(read_answer(connection).status == 413);
  CHECK(connection.is_at_end());
}

}  // namespace
}  // namespace sse::test
