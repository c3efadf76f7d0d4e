#include <signal.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/base/utf8.h"

#include "support/case_table.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

// RFC 9112 as the real hub reads it: where a request ends is never in doubt for two readers.

namespace sse::test {
namespace {

std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "\r\n";
}

std::string post(std::string_view fields, std::string_view rest) {
  return "POST /events HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n" +
         std::string(rest);
}

const std::vector<Case>& refused_requests() {
  static const auto cases = read_cases(SSE_SYSTEM_TESTS "/refused_requests.txt");
  REQUIRE(cases.size() > 50);
  return cases;
}

TEST_CASE("A request whose framing is in doubt is refused, and nothing behind it is served",
          "[system][framing]") {
  const HubProgram hub;
  for (const auto& refused : refused_requests()) {
    INFO(refused.name);
    RawConnection connection(hub.port());
    connection.send(refused.repeated_text_of("send") + get("/-/healthz"));
    const auto answer = read_answer(connection);
    CHECK(std::to_string(answer.status) == refused.text_of("status"));
    CHECK(answer.header("Connection") == "close");
    CHECK(answer.header("Content-Type") == "application/json");
    CHECK(answer.body.starts_with(R"({"error":")"));
    CHECK(connection.is_at_end());
  }
  const auto head = request(hub.port(), "GET", "/metrics").header("SSE-Cursor");
  CHECK(head.ends_with("000000000000"));  // nothing was published
}

/// The lines of a hub's log, and that nothing in them is raw.
std::vector<std::string> lines_of_log(const std::string& log) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < log.size();) {
    const auto end = log.find('\n', at);
    REQUIRE(end != std::string::npos);
    lines.push_back(log.substr(at, end - at));
    INFO(lines.back());
    CHECK(is_valid_utf8(lines.back()));
    CHECK_FALSE(has_control_character(lines.back()));
    at = end + 1;
  }
  return lines;
}

std::string text_of_json(const std::string& line) {
  INFO(line);
  const auto entry = nlohmann::json::parse(line, nullptr, false);
  REQUIRE(entry.is_object());
  CHECK(entry.size() == 4);  // what is quoted in the text adds no member
  CHECK(entry.at("program") == "sse-serve");
  return entry.at("text");
}

TEST_CASE("Nothing that a peer sends gets into the log raw, or makes a line of its own",
          "[system][framing]") {
  const std::string format = GENERATE("text", "json");
  HubProgram hub({"--access-log", "--log-level", "debug", "--log-format", format});
  auto sent = static_cast<std::ptrdiff_t>(refused_requests().size());
  for (const auto& refused : refused_requests()) {
    RawConnection connection(hub.port());
    connection.send(refused.repeated_text_of("send"));
    connection.shutdown_write();
    connection.read_all();
  }
  // What is served, or found to be nothing, is logged with its target.
  for (const char* target : {"/%22%5c%7d,%22text%22:%22x", "/%E2%80%A8sse-serve:%20error:%20no",
                             "/metrics?name=%C2%A0%7F", "/caf\xC3\xA9", "/\xC2\x85", "/\xFF"}) {
    RawConnection connection(hub.port());
    connection.send(get(target, "Connection: close\r\n"));
    connection.read_all();
    ++sent;
  }
  hub.program().signal(SIGTERM);
  CHECK(hub.program().wait() == 0);
  const auto lines = lines_of_log(hub.program().err());
  const auto answers = std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
    const auto text = format == "json" ? text_of_json(line) : line;
    return text.find("127.0.0.1:") != std::string::npos &&
           text.find(" bytes ") != std::string::npos;
  });
  CHECK(answers == sent);  // one line each
}

TEST_CASE("A write whose body never came whole is not kept", "[system][framing]") {
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

TEST_CASE("Pipelined requests are answered in order", "[system][framing]") {
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

TEST_CASE("HTTP/1.0 is served, and kept open only when asked", "[system][framing]") {
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

TEST_CASE("A whole URL is a target, and its host is the one that counts", "[system][framing]") {
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

TEST_CASE("A Host that is not this machine's is refused unless it is allowed",
          "[system][framing]") {
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
  CHECK(ask("") == 400);
}

TEST_CASE("A body that waits for 100 Continue is asked for, or refused before it is sent",
          "[system][framing]") {
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
