// Crowds and storms, with the measuring instruments of bench/: small here, as large as they are
// meant with SSE_SCALE=full (docs/testing.md).

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "crowd.h"
#include "support/catch.h"
#include "support/program.h"
#include "system/process.h"

namespace sse::test {
namespace {

bool is_full() {
  const char* scale = std::getenv("SSE_SCALE");
  return scale != nullptr && std::string_view(scale) == "full";
}

std::string number(const std::string& option, std::size_t value) {
  return option + "=" + std::to_string(value);
}

/// What a hub's resident memory may be, by its flags (docs/testing.md says what stands for what).
std::size_t memory_ceiling(std::size_t log_bytes, std::size_t threads, std::size_t streams) {
  constexpr std::size_t kProgram = 16U << 20U;
  constexpr std::size_t kSegment = 1U << 20U;
  constexpr std::size_t kStream = 1024;
  return kProgram + log_bytes + 2 * threads * kSegment + streams * kStream;
}

/// Runs an instrument to its end, prints what it measured, and wants it to be content.
void run(const std::vector<std::string>& words) {
  Program program(words);
  while (
      !program.has_ended()) {  // the full size takes minutes: longer than other tests have patience
    program.out();
    ::usleep(10'000);
  }
  const int status = program.wait();
  INFO(program.out() << program.err());
  if (is_full()) std::printf("%s", program.out().c_str());
  CHECK(status == 0);
}

TEST_CASE("Streams that read miss nothing beside streams that do not, and memory keeps its ceiling",
          "[system][scale]") {
  const bool full = is_full();
  const std::size_t readers = full ? 3000 : kSanitized ? 60 : 300;
  const std::size_t slow = full ? 1000 : kSanitized ? 20 : 100;  // of each kind
  const std::size_t events = full ? 120'000 : 4000;
  constexpr std::size_t kLogBytes = 32U << 20U;
  constexpr std::size_t kThreads = 2;
  raise_descriptor_limit();
  HubProgram hub({number("--threads", kThreads), number("--max-log-bytes", kLogBytes), "--ttl=1h",
                  "--slow-after=10s"});
  const auto ceiling = memory_ceiling(kLogBytes, kThreads, readers + 2 * slow);
  run({program_path("sse-load"), "fan-out", number("--port", hub.port()),
       number("--pid", static_cast<std::size_t>(hub.program().pid())), number("--streams", readers),
       number("--deaf", slow), number("--trickling", slow), "--trickle=1kB",
       number("--events", events), "--rate=2000/s", number("--max-rss", kSanitized ? 0 : ceiling)});
  const auto peak = peak_rss_bytes(hub.program().pid());
  if (full) std::printf("ceiling        %.1f MiB\n", static_cast<double>(ceiling) / (1U << 20U));
  INFO("peak " << peak << ", ceiling " << ceiling);
  CHECK((peak <= ceiling || kSanitized));
}

TEST_CASE("A storm of subscribers that come back gets everything, and publishers are served",
          "[system][scale]") {
  const bool full = is_full();
  raise_descriptor_limit();
  HubProgram hub({"--max-clients=10000", "--ttl=1h"});
  run({program_path("sse-load"), "storm", number("--port", hub.port()),
       number("--pid", static_cast<std::size_t>(hub.program().pid())),
       number("--streams", full         ? 10'000
                           : kSanitized ? 100
                                        : 500),
       number("--events", full ? 100 : 50), "--probe-rate=100/s"});
}

}  // namespace
}  // namespace sse::test
