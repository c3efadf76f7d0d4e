// Options of sse-serve that no other test needs, by what they do.

#include <chrono>
#include <csignal>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

namespace sse::test {
namespace {

int run(const HubProgram& hub, std::vector<std::string> words) {
  return Program(words, {{"SSE_URL=" + hub.url()}, false, ""}).wait();
}

/// How many readings all metrics have together.
std::ptrdiff_t readings_of(const HubProgram& hub) {
  const auto answer = request(hub.port(), "GET", "/metrics?with_readings=true");
  constexpr std::string_view kOnce = "\"timestamp\"";
  std::ptrdiff_t count = 0;
  for (auto at = answer.body.find(kOnce); at != std::string::npos;
       at = answer.body.find(kOnce, at + 1)) {
    ++count;
  }
  return count;
}

TEST_CASE("A demo invents readings", "[serve]") {
  const HubProgram hub({"--demo=100/s"});
  CHECK(run(hub, {"sse-sub", "-e", "metric_reading_created", "-C3", "-o", "none"}) == 0);
}

TEST_CASE("What is kept is bounded by --max-readings-per-metric and --max-readings", "[serve]") {
  const HubProgram hub({"--max-readings-per-metric", "2", "--max-readings", "3"});
  for (const char* metric : {"a", "b"}) {
    for (const char* value : {"1", "2", "3"}) {
      REQUIRE(run(hub, {"sse-pub", "reading", metric, value, "--create"}) == 0);
    }
    CHECK(readings_of(hub) == (*metric == 'a' ? 2 : 3));
  }
}

TEST_CASE("How many keys are known is bounded by --max-idempotency-bytes", "[serve]") {
  const auto publish = [](const HubProgram& hub, const std::string& key) {
    return request(hub.port(), "POST", "/events", "{\"data\":1}",
                   "Idempotency-Key: " + key + "\r\n");
  };
  for (const auto& [size, is_known] : {std::pair("32M", true), std::pair("4k", false)}) {
    CAPTURE(size);
    const HubProgram hub({"--max-idempotency-bytes", size});
    CHECK(publish(hub, "first").status == 201);
    for (int i = 0; i < 20; ++i) CHECK(publish(hub, "key-" + std::to_string(i)).status == 201);
    CHECK(publish(hub, "first").header("Idempotency-Replayed").empty() == !is_known);
  }
}

TEST_CASE("A connection beyond --max-connections takes the place of an idle one", "[serve]") {
  // It must be idle on the newcomer's loop.
  const HubProgram hub({"--max-connections", "1", "--threads", "1"});
  RawConnection idle(hub.port());
  idle.send("GET /-/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(read_answer(idle).status == 200);
  CHECK(request(hub.port(), "GET", "/-/healthz").status == 200);
  CHECK(idle.is_at_end());
}

TEST_CASE("The rate of --rate is an upper bound", "[sse-pub]") {
  const HubProgram hub;
  const auto start = std::chrono::steady_clock::now();
  Program publish({"sse-pub", "event", "-l", "--rate", "50/s", "--batch", "1"},
                  {{"SSE_URL=" + hub.url()}, true, ""});
  publish.write_stdin("1\n2\n3\n4\n5\n");
  publish.close_stdin();
  CHECK(publish.wait() == 0);
  // Four pauses of 20 ms; the first one goes at once.
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(60));
}

TEST_CASE("Names that could never match, and descriptors that are not there, are 64", "[serve]") {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"--cors-origin", "board.example"}, "is no origin: expected a scheme, a host"},
      {{"--cors-origin", "https://board.example/"}, "is no origin"},
      {{"--allow-host", "http://hub.example"}, "is no host: expected its name without scheme"},
      {{"--allow-host", "hub.example:80"}, "is no host"},
      {{"--ready-fd", "77"}, "\"77\" is not a descriptor that is open"},
      {{"--port-file", ""}, "--port-file: \"\" is no FILE; is a variable not set?"}};
  for (const auto& [options, text] : rows) {
    CAPTURE(text);
    std::vector<std::string> words{"sse-serve", "--port", "0"};
    words.insert(words.end(), options.begin(), options.end());
    Program hub(words);
    CHECK(hub.wait() == 64);
    CHECK_THAT(hub.err(), Catch::Contains(text));
  }
  Program checked({"sse-serve", "--port", "0", "--check-config", "--cors-origin", "*",
                   "--cors-origin", "http://localhost:*", "--allow-host", "hub.example",
                   "--allow-host", "::1"});
  CHECK(checked.wait() == 0);
}

TEST_CASE("A variable stands in for any option of sse-serve", "[serve]") {
  Program hub({"sse-serve", "--ready-fd", "1"}, {{"SSE_SERVE_PORT=0", "SSE_SERVE_BIND=127.0.0.1",
                                                  "SSE_SERVE_MAX_BODY=1k", "SSE_SERVE_ACCESS_LOG="},
                                                 false,
                                                 ""});
  hub.wait_for_out("\n");
  const auto port = static_cast<std::uint16_t>(std::stoi(hub.out()));
  CHECK(request(port, "POST", "/events", std::string(2000, 'x')).status == 413);
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 0);
  Program kubernetes({"sse-serve", "--check-config"},
                     {{"SSE_SERVE_PORT=tcp://10.0.0.1:80"}, false, ""});
  CHECK(kubernetes.wait() == 0);
  CHECK(kubernetes.err().find("warning: SSE_SERVE_PORT=tcp://10.0.0.1:80 is ignored") !=
        std::string::npos);
  Program wrong({"sse-serve", "--check-config"}, {{"SSE_SERVE_TTL=soon"}, false, ""});
  CHECK(wrong.wait() == 64);
  CHECK(wrong.err().find("SSE_SERVE_TTL: ") != std::string::npos);
}

}  // namespace
}  // namespace sse::test
