// sse-serve behind a proxy that sends a PROXY header ahead of each connection.

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

namespace sse::test {
namespace {

using Catch::Contains;

const std::string kPoll = "GET /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
constexpr char kNamed[] = "PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n";

std::string answer_to(const HubProgram& hub, const std::string& bytes) {
  RawConnection connection(hub.port());
  connection.send(bytes);
  return connection.read_all();
}

TEST_CASE("A hub behind a PROXY header knows its peers, in the log and in the list of streams",
          "[serve][proxy]") {
  HubProgram hub({"--proxy-from", "127.0.0.1", "--proxy-protocol", "-vv"});
  CHECK_THAT(answer_to(hub, kNamed + kPoll + "\r\n"), Contains(" 200 "));
  hub.program().wait_for_err("192.0.2.1:4711");

  RawConnection stream(hub.port());
  stream.send(
      "PROXY TCP4 192.0.2.3 127.0.0.1 4713 80\r\n"
      "GET /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK_THAT(stream.read_stream_head(), Contains(" 200 "));
  stream.read_until(": open");

  // The proxy's own connection, by a version 2 header (LOCAL).
  const std::string local("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16);
  const std::string list =
      "GET /-/streams HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  CHECK_THAT(answer_to(hub, local + list), Contains(" 200 ") && Contains("192.0.2.3:4713"));
  // A peer behind the proxy is not an operator, whatever the proxy calls it.
  CHECK_THAT(answer_to(hub, "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n" + list), Contains(" 403 "));
  CHECK_THAT(answer_to(hub, "PROXY UNKNOWN\r\n" + list), Contains(" 403 "));
  CHECK(answer_to(hub, list).empty());
  hub.program().wait_for_err("127.0.0.1:");
  hub.program().wait_for_err("is in --proxy-from, and its connection was closed");
}

TEST_CASE("The field of a forwarded request counts only when PROXY names another proxy",
          "[serve][proxy]") {
  HubProgram hub(
      {"--proxy-from", "127.0.0.1", "--proxy-from", "10.0.0.0/8", "--proxy-protocol", "-vv"});
  const std::string forwarded = kPoll + "X-Forwarded-For: 198.51.100.9\r\n\r\n";
  answer_to(hub, kNamed + forwarded);
  hub.program().wait_for_err("192.0.2.1:4711");
  CHECK_THAT(hub.program().err(), !Contains("198.51.100.9"));
  answer_to(hub, "PROXY TCP4 10.0.0.7 127.0.0.1 4711 80\r\n" + forwarded);
  hub.program().wait_for_err("198.51.100.9");
}

TEST_CASE("Without --proxy-from, and from others, no PROXY header is parsed", "[serve][proxy]") {
  Program alone({"sse-serve", "--port", "0", "--proxy-protocol"});
  CHECK(alone.wait() == 64);
  CHECK_THAT(alone.err(), Contains("--proxy-protocol needs --proxy-from"));
  HubProgram hub({"--proxy-from", "10.0.0.7", "--proxy-protocol"});
  CHECK_THAT(answer_to(hub, kPoll + "\r\n"), Contains(" 200 "));
  CHECK_THAT(answer_to(hub, kNamed + kPoll + "\r\n"), Contains(" 400 "));
}

TEST_CASE("Rates behind a PROXY header are of the peer that it names", "[serve][proxy]") {
  HubProgram hub({"--proxy-from", "127.0.0.1", "--proxy-protocol", "--rate-publish", "0.001/s"});
  const std::string post =
      "POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Connection: close\r\nContent-Length: 10\r\n\r\n{\"data\":1}";
  CHECK_THAT(answer_to(hub, kNamed + post), Contains(" 201 "));
  CHECK_THAT(answer_to(hub, kNamed + post), Contains(" 429 "));
  CHECK_THAT(answer_to(hub, "PROXY TCP4 192.0.2.2 127.0.0.1 1 2\r\n" + post), Contains(" 201 "));
}

}  // namespace
}  // namespace sse::test
