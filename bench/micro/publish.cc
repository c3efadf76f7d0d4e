#include <string>

#include "micro/samples.h"
#include "million/crowd.h"

namespace sse::bench {
namespace {

std::string create_metric(Publishing& publishing) {
  const std::string answer = publishing.post("/metrics", R"({"name":"temperature"})");
  constexpr std::string_view kIdField = R"("id":")";
  return answer.substr(answer.find(kIdField) + kIdField.size(), kMetricId.size());
}

std::string reading_of(const std::string& metric) {
  std::string reading = sample_reading();
  return reading.replace(reading.find(kMetricId), kMetricId.size(), metric);
}

/// From the bytes of a request to the bytes of its answer, the reading kept and its event in the
/// log; without a kernel.
void post_reading(benchmark::State& state) {
  test::MemoryHub hub;
  Publishing publishing(hub);
  const std::string body = reading_of(create_metric(publishing));
  for (auto _ : state) benchmark::DoNotOptimize(publishing.post("/metrics/readings", body));
  count(state, 1, body.size());
}
BENCHMARK(post_reading);

/// The same for a thousand readings in one request.
void post_batch(benchmark::State& state) {
  constexpr std::size_t kLines = 1000;
  test::MemoryHub hub;
  Publishing publishing(hub);
  const std::string line = reading_of(create_metric(publishing)) + "\n";
  std::string body;
  for (std::size_t i = 0; i < kLines; ++i) body += line;
  for (auto _ : state) {
    benchmark::DoNotOptimize(publishing.post("/metrics/readings", body, "application/x-ndjson"));
  }
  count(state, kLines, body.size());
}
BENCHMARK(post_batch);

}  // namespace
}  // namespace sse::bench
