#include <string>

#include "sse/wire/encoder.h"
#include "sse/wire/parser.h"

#include "micro/samples.h"

namespace sse::bench {
namespace {

void encode_event(benchmark::State& state) {
  const wire::Event event = sample_event();
  std::string out;
  for (auto _ : state) {
    out.clear();
    wire::encode(event, out);
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, out.size());
}
BENCHMARK(encode_event);

class Ignore final : public wire::EventSink {
 public:
  bool on_event(wire::ReceivedEvent& event) override {
    benchmark::DoNotOptimize(event.data.data());
    return true;
  }
};

/// As many bytes as one read gets, in which so many bytes of data are an event.
void parse_stream(benchmark::State& state) {
  constexpr std::size_t kRead = 64U << 10U;
  wire::Event event = sample_event();
  event.data = std::string(static_cast<std::size_t>(state.range(0)), 'x');
  std::string stream;
  std::size_t events = 0;
  for (; stream.size() < kRead; ++events) wire::encode(event, stream);
  Ignore sink;
  wire::Parser parser(sink);
  for (auto _ : state) benchmark::DoNotOptimize(parser.push(stream));
  count(state, events, stream.size());
}
BENCHMARK(parse_stream)->Arg(16)->Arg(128)->Arg(4096);

}  // namespace
}  // namespace sse::bench
