#include <signal.h>

#include <chrono>
#include <deque>
#include <string>

#include "crowd.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "system/process.h"

namespace sse::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// What the hub says when it ends.
std::string counts_at_exit(HubProgram& hub) {
  hub.program().signal(SIGTERM);
  CHECK(hub.program().wait() == 0);
  return hub.program().err();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// `count` events with `size` bytes each, as lines.
std::string lines_of_events(int count, std::size_t size) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "{\"data\":\"" + std::string(size, 'x') + "\"}\n";
  return lines;
}

/// Posts, while the crowd goes on reading.
RawAnswer post_beside(Crowd& crowd, Poster& poster, const std::string& body,
                      std::string_view type = "application/json") {
  poster.post(body, type);
  std::optional<RawAnswer> answer;
  wait_until(
      [&] {
        crowd.read();
        answer = poster.answer();
        return answer.has_value();
      },
      "an answer to a POST");
  return *answer;
}

TEST_CASE("Subscribers that never read cost a bounded amount of memory and delay no other",
          "[system][slow]") {
  constexpr int kEventsPerBatch = 8;
  constexpr std::size_t kEventSize = 125'000;
  constexpr wire::Sequence kBatches = kSanitized ? 20 : 100;  // 1 MB each
  raise_descriptor_limit();
  HubProgram hub({"--max-log-bytes", "32M", "--slow-after", "1s", "--max-body", "2M"});
  Crowd readers(hub.port());
  readers.open(3);
  std::deque<RawConnection> deaf;
  for (int i = 0; i < 100; ++i) {
    deaf.emplace_back(hub.port()).send("GET /events/watch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  }

  Poster poster(hub.port());
  const std::string batch = lines_of_events(kEventsPerBatch, kEventSize);
  milliseconds latest{0};
  for (wire::Sequence i = 1; i <= kBatches; ++i) {
    const auto answer = post_beside(readers, poster, batch, "application/x-ndjson");
    REQUIRE(answer.status == 200);
    REQUIRE(contains(answer.body, "\"accepted\":8,"));
    const auto answered_at = steady_clock::now();
    wait_until(
        [&] {
          readers.read();
          return readers.all_reached(i * kEventsPerBatch);
        },
        "the readers to have what was accepted");
    latest = std::max(latest,
                      std::chrono::duration_cast<milliseconds>(steady_clock::now() - answered_at));
  }
  wait_until(
      [&] {
        readers.read();
        return open_streams(hub.port()) == 3;
      },
      "the deaf ones to be closed");

  for (const auto& stream : readers.streams()) CHECK(stream.is_complete());
  const auto peak = peak_rss_bytes(hub.program().pid()) >> 20U;
  INFO("peak " << peak << " MiB; the readers had a batch at most " << latest.count()
               << " ms after its answer");
  CHECK((peak < 64 || kSanitized));
  const std::string counts = counts_at_exit(hub);
  INFO(counts);
  CHECK(contains(counts, "103 opened, 0 evicted, 100 slow, 0 with a gap"));
}

TEST_CASE("No stream is called slow because the hub itself stood still", "[system][slow]") {
  constexpr auto kSlowAfter = seconds(5);
  raise_descriptor_limit();
  // One loop with more streams than it hears of in a turn, all of them with full buffers.
  HubProgram hub({"--threads", "1", "--slow-after", "5s", "--send-buffer", "8k"});
  Crowd crowd(hub.port());
  crowd.open(kSanitized ? 50 : 600, 4096);
  const auto answer = request(hub.port(), "POST", "/events", lines_of_events(1, 60'000));
  REQUIRE(answer.status == 201);

  hub.program().signal(SIGSTOP);
  const auto go_on = steady_clock::now() + kSlowAfter + seconds(1);
  wait_until(
      [&] {
        crowd.read();  // their buffers are empty again
        return steady_clock::now() > go_on;
      },
      "the hub to be behind by more than --slow-after");
  REQUIRE_FALSE(crowd.all_reached(1));
  hub.program().signal(SIGCONT);
  wait_until(
      [&] {
        crowd.read();
        return crowd.all_reached(1);
      },
      "every stream to get the rest");
  for (const auto& stream : crowd.streams()) CHECK(stream.is_complete());
  crowd.close();
  CHECK(contains(counts_at_exit(hub), " 0 slow,"));
}

}  // namespace
}  // namespace sse::test
