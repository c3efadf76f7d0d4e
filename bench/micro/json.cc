#include <string>

#include "sse/json/items.h"
#include "sse/json/reader.h"
#include "sse/metrics/metric_json.h"

#include "micro/samples.h"

namespace sse::bench {
namespace {

/// NDJSON, line by line.
void read_json_lines(benchmark::State& state) {
  constexpr std::size_t kLines = 1000;
  std::string body;
  for (std::size_t i = 0; i < kLines; ++i) body += sample_reading(i) + "\n";
  for (auto _ : state) {
    json::Reader reader;
    auto lines = json::Items::of_lines(body);
    while (lines.next() == json::Items::Step::kItem) {
      benchmark::DoNotOptimize(reader.read(lines.item()));
    }
  }
  count(state, kLines, body.size());
}
BENCHMARK(read_json_lines);

void read_nested_json(benchmark::State& state) {
  const std::string text =
      R"({"type":"deploy","topic":"ci/api","data":{"version":"1.2.3","text":"a\nb","ok":true}})";
  json::Reader reader;
  for (auto _ : state) benchmark::DoNotOptimize(reader.read(text));
  count(state, 1, text.size());
}
BENCHMARK(read_nested_json);

void write_json(benchmark::State& state) {
  const Uuid id = *parse_uuid(kMetricId);
  const domain::Reading reading{id, id, 21.25,
                                WallTime(std::chrono::milliseconds(1'769'860'800'250))};
  std::string out;
  for (auto _ : state) {
    out.clear();
    metrics::append_reading(out, reading);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, out.size());
}
BENCHMARK(write_json);

}  // namespace
}  // namespace sse::bench
