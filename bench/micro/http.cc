#include <string>
#include <string_view>

#include "sse/http/request.h"
#include "sse/http/request_parser.h"
#include "sse/http/response.h"
#include "sse/http/response_head.h"

#include "micro/samples.h"

namespace sse::bench {
namespace {

void parse_request(benchmark::State& state) {
  const std::string body = sample_reading();
  const std::string request =
      "POST /metrics/readings HTTP/1.1\r\nHost: localhost:8089\r\nUser-Agent: curl/7.88.1\r\n"
      "Accept: */*\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  for (auto _ : state) {
    http::RequestParser parser({16U << 10U, 1U << 20U});
    http::Request read;
    const std::size_t taken = parser.feed(request, read);
    parser.go_on();
    benchmark::DoNotOptimize(parser.feed(std::string_view(request).substr(taken), read));
  }
  count(state, 1, request.size());
}
BENCHMARK(parse_request);

void write_response_head(benchmark::State& state) {
  http::Response response;
  response.status = 201;
  response.fields.add("Content-Type", "application/json");
  response.fields.add("SSE-Event-Id", kMetricId);
  response.fields.add("Vary", "Origin");
  std::string out;
  for (auto _ : state) {
    out.clear();
    http::append_head(out, response,
                      {http::BodyForm::kSized, 170, "Sat, 31 Jan 2026 12:00:00 GMT", {}});
    benchmark::DoNotOptimize(out.data());
  }
  count(state, 1, out.size());
}
BENCHMARK(write_response_head);

}  // namespace
}  // namespace sse::bench
