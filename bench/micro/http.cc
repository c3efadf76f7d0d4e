#include <string>

#include <httplib.h>

#include "sse/http/request_parser.h"
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
    httplib::Request read;
    benchmark::DoNotOptimize(parser.feed(request, read));
  }
  count(state, 1, request.size());
}
BENCHMARK(parse_request);

void write_response_head(benchmark::State& state) {
  httplib::Response response;
  response.status = 201;
  response.headers.emplace("Content-Type", "application/json");
  response.headers.emplace("SSE-Event-Id", kMetricId);
  response.headers.emplace("Vary", "Origin");
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
