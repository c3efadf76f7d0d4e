#pragma once

#include <string>
#include <utility>

#include "sse/gate/idempotency.h"
#include "sse/gate/idempotency_key.h"

#include "api/api_fixture.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"

namespace sse::test {

/// A POST with a key.
inline http::Request keyed(const std::string& key, std::string body = "{}") {
  auto request = request_with(std::move(body));
  request.target = "/events";
  request.fields.add(gate::kIdempotencyKeyHeader, key);
  return request;
}

/// Idempotency in front of a handler that always does something.
struct IdempotencyStage {
  explicit IdempotencyStage(const gate::IdempotencyOptions& options = {})
      : idempotency(options, clock, random) {}

  /// A whole exchange; the handler counts its calls and answers with `next`.
  http::Response ask(const http::Request& request) {
    TestCall call(request);
    http::Response& response = call.response();
    response.fields.set("Access-Control-Allow-Origin", "http://" + std::to_string(++asked));
    http::Finish finish;
    if (idempotency.admit(call, finish) == http::Verdict::kAnswered) return response;
    ++done;
    response.status = next.status;
    response.body = next.body + std::to_string(done);
    response.fields.set("SSE-Event-Id", "e" + std::to_string(done));
    if (finish) finish(response);
    return response;
  }

  ManualClock clock;
  FixedRandom random;
  gate::Idempotency idempotency;
  http::Response next = [] {
    http::Response response;
    response.status = 201;
    response.body = "answer ";
    return response;
  }();
  int done = 0;
  int asked = 0;
};

}  // namespace sse::test
