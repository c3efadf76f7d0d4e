// Options of sse-serve that no other test needs, by what they do.

#include <chrono>
#include <csignal>
#include <filesystem>

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

/// How sse-serve ends, and what it says, when it is started so.
std::pair<int, std::string> refusal_of(std::vector<std::string> words) {
  words.insert(words.begin(), {"sse-serve", "--port=0"});
  words.insert(words.end(), {"--", "true"});
  Program hub(words);
  const int status = hub.wait();
  return {status, hub.err()};
}

TEST_CASE("A value that would be cut to a bound is refused with the bound", "[serve]") {
  using Case = std::pair<std::vector<std::string>, std::string>;
  for (const auto& [words, bound] : std::vector<Case>{
           {{"--max-event-size", "8M", "--max-body", "16M"},
            "--max-event-size: expected 128 to 1M"},
           {{"--max-event-size", "1025k", "--max-body", "2M"}, "expected 128 to 1M"},
           {{"--max-event-size", "512k", "--max-log-bytes", "1M"}, "expected 128 to 128k"},
           {{"--max-event-size", "512k", "--max-body", "256k"}, "expected at most --max-body"},
           {{"--max-event-size", "0"}, "--max-event-size: expected 128 to"},
           {{"--max-log-bytes", "255k"}, "--max-log-bytes: expected at least 256k"},
           {{"--max-head", "100"}, "--max-head: expected at least 256"},
           {{"--heartbeat", "500us"}, "--heartbeat: expected 0 or at least 1ms"},
           {{"--retry", "1ns"}, "--retry: expected 0 or at least 1ms"},
           {{"--request-timeout", "0"}, "--request-timeout: expected at least 1ms"},
           {{"--idle-timeout", "0"}, "--idle-timeout: expected at least 1ms"},
           {{"--max-http-bytes", "0"}, "--max-http-bytes: expected at least twice --max-body"},
           {{"--max-http-bytes", "3M", "--max-body", "2M"}, "twice --max-body, which is 2M"},
           {{"--demo=2000000/s"}, "--demo: expected one reading a day to 1000000/s"},
           {{"--send-buffer", "4G"}, "(net.core.wmem_max)"},
           {{"--send-buffer", "1"}, "--send-buffer: expected at least"},
           {{"--threads", "257"}, "--threads: expected at most 256"}}) {
    CAPTURE(words);
    const auto [status, err] = refusal_of(words);
    CHECK(status == 64);
    CHECK_THAT(err, Catch::Contains(bound));
  }
  CHECK(refusal_of({"-q", "--max-log-bytes", "256k"}).first == 0);  // only the default is lowered
}

TEST_CASE("The configuration shown is in force, and refused where it would not be", "[serve]") {
  const auto shown_by = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"sse-serve", "--show-config"});
    Program program(words);
    CHECK(program.wait() == 0);
    return program.out();
  };
  CHECK_THAT(shown_by({"--max-log-bytes=1M"}),
             Catch::Contains("max-event-size = \"128k\"  # default, fitted (else 256k)\n"));
  CHECK_THAT(shown_by({}), Catch::Contains("max-event-size = \"256k\"  # default\n") &&
                               Catch::Contains("\nmax-clients = "));
  CHECK(Program({"sse-serve", "--show-config", "--max-event-size=8M"}).wait() == 64);
  Program sub({"sse-sub", "--show-config", "--retry-min=10m"}, {{"SSE_TOKEN=secret"}, false, ""});
  CHECK(sub.wait() == 0);
  CHECK_THAT(sub.out(), Catch::Contains("retry-max = \"10m\"  # default, fitted (else 30s)\n"));
  CHECK_THAT(sub.out(), Catch::Contains("# SSE_TOKEN is set, and wins over token-file\n"));
  CHECK_THAT(sub.out(), !Catch::Contains("secret"));
}

TEST_CASE("Usage errors are lines of JSON with --log-format json", "[serve]") {
  for (const std::string program : {"sse-serve", "sse-pub", "sse-sub"}) {
    Program wrong({program, "--nonsense", "--log-format=json"});
    CHECK(wrong.wait() == 64);
    CHECK_THAT(wrong.err(), Catch::StartsWith("{\"time\":") &&
                                Catch::Contains("\"text\":\"unknown option --nonsense"));
  }
}

TEST_CASE("An event of --max-event-size is taken, and the next larger one refused", "[serve]") {
  const HubProgram hub({"--max-event-size=1M", "--max-body=2M"});
  const auto publish = [&](std::size_t size) {
    return request(hub.port(), "POST", "/events", "{\"data\":\"" + std::string(size, 'x') + "\"}");
  };
  CHECK(publish((std::size_t{1} << 20U) - 128).status == 201);
  const auto refused = publish(std::size_t{1} << 20U);
  CHECK(refused.status == 413);
  CHECK_THAT(refused.body, Catch::Contains("larger than 1048576 bytes"));
  CHECK_THAT(refused.body, Catch::Contains("(--max-event-size)"));
}

TEST_CASE("The URL that a hub tells leads to it, whichever addresses it serves", "[serve]") {
  for (const auto& [bind, host] :
       std::vector<std::pair<std::string, std::string>>{{"*", "http://127.0.0.1:"},
                                                        {"0", "http://127.0.0.1:"},
                                                        {"0.0.0.0", "http://127.0.0.1:"},
                                                        {"::", "http://[::1]:"},
                                                        {"[::]", "http://[::1]:"},
                                                        {"0:0:0:0:0:0:0:0", "http://[::1]:"},
                                                        {"localhost", "http://localhost:"}}) {
    CAPTURE(bind);
    const bool has_ipv6 = std::filesystem::exists("/proc/net/if_inet6");
    if (!has_ipv6 && bind.find(':') != std::string::npos) continue;
    Program hub({"sse-serve", "-q", "--port=0", "--open-to-all", "--bind", bind, "--print-url",
                 "--", program_path("sse-pub"), "event", "-d", "x"});
    CHECK(hub.wait() == 0);
    CHECK_THAT(hub.out(), Catch::StartsWith(host));
  }
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
  const HubProgram hub({"--max-connections", "1", "--threads", "2"});
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
      {{"--cors-origin", "board.example"}, "is not an origin: expected a scheme, a host"},
      {{"--cors-origin", "https://board.example/"}, "is not an origin"},
      {{"--allow-host", "http://hub.example"}, "is not a host: expected its name without scheme"},
      {{"--allow-host", "hub.example:80"}, "is not a host"},
      {{"--allow-host", "*.example"}, "is not a host"},
      {{"--admin-bind", "127.0.0.1"}, "is not an address with a port: expected one such as 9100"},
      {{"--admin-bind", ""}, "--admin-bind"},
      {{"--admin-bind", "9100", "--admin-from", "10.0.0.0/8"}, "--admin-from does nothing with"},
      {{"--ready-fd", "77"}, "\"77\" is not a descriptor that is open"},
      {{"--port-file", ""}, "--port-file: \"\" is not a FILE; is a variable not set?"}};
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

TEST_CASE("sse-serve says how much memory it may hold", "[serve][memory]") {
  Program checked({"sse-serve", "--port", "0", "--check-config", "--max-log-bytes", "64M",
                   "--max-filter-bytes", "20M"});
  CHECK(checked.wait() == 0);
  CHECK_THAT(checked.err(),
             Catch::Contains("memory: log: at most 64.0 MiB (--max-log-bytes)") &&
                 Catch::Contains("memory: filters: at most 20.0 MiB (--max-filter-bytes)") &&
                 Catch::Contains("memory: requests: at most 64.0 MiB (--max-http-bytes)"));
  const std::string sum = "memory: at most ";
  const auto at = checked.err().find(sum);
  REQUIRE(at != std::string::npos);
  const auto said = checked.err().substr(at, checked.err().find('\n', at) - at);
  Program hub({"sse-serve", "--port", "0", "--ready-fd", "1", "--max-log-bytes", "64M",
               "--max-filter-bytes", "20M"});
  hub.wait_for_out("\n");
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 0);
  CHECK_THAT(hub.err(), Catch::Contains(said));
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
