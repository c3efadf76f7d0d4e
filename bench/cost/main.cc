// sse-cost: the main paths, each run alone and so often, for callgrind to count their instructions
// (bench/cost/compare). Nothing here depends on time, chance or threads.

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include <valgrind/callgrind.h>

#include "sse/auth/authenticator.h"
#include "sse/auth/base64url.h"
#include "sse/auth/key_file.h"
#include "sse/auth/sha256.h"
#include "sse/auth/signed_token.h"
#include "sse/auth/token_file.h"
#include "sse/base/check.h"
#include "sse/wire/parser.h"

#include "million/crowd.h"

namespace sse::bench {
namespace {

// What compiled this: instruction counts of another compiler, or with other flags, say nothing.
#if defined(__clang__)
constexpr const char* kCompiler = "clang";
constexpr int kMajor = __clang_major__;
#else
constexpr const char* kCompiler = "g++";
constexpr int kMajor = __GNUC__;
#endif

/// Runs `work`, which does something `count` times, with the counter on.
template <typename Work>
void count(const char* name, std::size_t count, Work work) {
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  work();
  CALLGRIND_STOP_INSTRUMENTATION;
  CALLGRIND_DUMP_STATS_AT(name);
  std::printf("%s %zu\n", name, count);
}

std::string make_metric(Publishing& publishing, const std::string& name) {
  const std::string answer = publishing.post("/metrics", R"({"name":")" + name + R"("})");
  constexpr std::string_view kId = R"("id":")";
  constexpr std::size_t kIdSize = 36;
  return answer.substr(answer.find(kId) + kId.size(), kIdSize);
}

std::string reading_of(const std::string& metric, std::size_t i) {
  return R"({"metric_id":")" + metric + R"(","value":)" + std::to_string(i % 100) + "." +
         std::to_string(i % 7) + R"(,"timestamp":"2026-01-31T12:00:00.25Z"})";
}

constexpr std::string_view kDeploy =
    R"({"type":"deploy","topic":"ci/api","data":{"version":"1.2.3","ok":true}})";

void count_events(const char* name, Publishing& publishing) {
  constexpr std::size_t kRequests = 500;
  count(name, kRequests, [&] {
    for (std::size_t i = 0; i < kRequests; ++i) publishing.post("/events", kDeploy);
  });
}

void count_publishing() {
  constexpr std::size_t kRequests = 500;
  constexpr std::size_t kBatch = 1000;
  test::MemoryHub hub;
  Publishing publishing(hub);
  const std::string metric = make_metric(publishing, "temperature");
  publishing.post("/metrics/readings", reading_of(metric, 0));
  count("publish_reading", kRequests, [&] {
    for (std::size_t i = 0; i < kRequests; ++i) {
      publishing.post("/metrics/readings", reading_of(metric, i));
    }
  });
  count_events("publish_event", publishing);
  std::string batch;
  for (std::size_t i = 0; i < kBatch; ++i) batch += reading_of(metric, i) + "\n";
  count("publish_reading_in_batch", kBatch,
        [&] { publishing.post("/metrics/readings", batch, "application/x-ndjson"); });
}

/// With credentials, as a token file and a key file have them: each has one grant of everything.
struct Credentials {
  Credentials() {
    const auto keys = auth::parse_key_file(R"({"keys":[{"kty":"oct","alg":"HS256","k":")" +
                                               auth::base64url(std::string(32, 's')) + R"("}]})",
                                           "keys", "");
    SSE_CHECK(keys.has_value());
    const auto tokens = auth::TokenFile::parse("[[token]]\nid = \"ci\"\nsha256 = \"" +
                                                   auth::to_hex(auth::sha256_of(static_token)) +
                                                   "\"\npublish = [\"#\"]\nsubscribe = [\"#\"]\n",
                                               "tokens");
    SSE_CHECK(tokens.has_value());
    auto made = auth::Credentials::make(*tokens, auth::JwsVerifier::make(keys->keys).value(), {});
    SSE_CHECK(made.has_value());
    options.credentials = *std::move(made);
    options.auth.tokens = "tokens";
    auto jwt = auth::make_signed_token(keys->keys.front(),
                                       R"({"sub":"ci","iat":1800000000,"exp":1800003600,)"
                                       R"("sse":{"publish":["#"],"subscribe":["#"]}})");
    SSE_CHECK(jwt.has_value());
    signed_token = *std::move(jwt);
  }

  const std::string static_token = "sse_ci_" + std::string(43, 'A');
  std::string signed_token;
  test::MemoryHub::Options options;
};

void count_access() {
  const Credentials credentials;
  for (const auto& [name, token] : {std::pair("token_publish_event", credentials.static_token),
                                    std::pair("jwt_publish_event", credentials.signed_token)}) {
    test::MemoryHub hub(credentials.options);
    Publishing publishing(hub, token);
    publishing.post("/events", kDeploy);  // the signature is checked
    count_events(name, publishing);
  }
}

void count_streams(std::string_view name, const Wants& wants,
                   const test::MemoryHub::Options& options = {}) {
  constexpr std::size_t kStreams = 1000;
  constexpr std::size_t kEvents = 20;
  const std::string prefix(name);
  test::MemoryHub hub(options);
  Publishing publishing(hub, wants.token);
  Crowd crowd(hub, kStreams, wants);
  crowd.look_away();
  count((prefix + "open_stream").c_str(), kStreams, [&] {
    crowd.open_all();
    crowd.settle();
  });
  SSE_CHECK(hub.hub.stream_count() == kStreams);
  const std::size_t reached = wants.topics == 0 ? kStreams : kStreams / wants.topics;
  const std::string event = R"({"topic":")" + topic_name(0) + R"(","data":{"value":21.5}})";
  publishing.post("/events", event);
  crowd.settle();
  const auto before = crowd.network().sends;
  count((prefix + "delivery").c_str(), reached * kEvents, [&] {
    for (std::size_t i = 0; i < kEvents; ++i) {
      SSE_CHECK(hub.hub.publisher().publish({"reading", topic_name(0), event}));
      crowd.settle();
    }
  });
  SSE_CHECK(crowd.network().sends - before == reached * kEvents);
}

/// What reads a stream at the other end, and only counts.
class CountingSink final : public wire::EventSink {
 public:
  bool on_event(wire::ReceivedEvent& /*event*/) override {
    ++events_;
    return true;
  }
  std::size_t events() const { return events_; }

 private:
  std::size_t events_ = 0;
};

void count_parsing() {
  constexpr std::size_t kEvents = 2000;
  constexpr std::size_t kRead = 16U << 10U;
  std::string stream;
  for (std::size_t i = 0; i < kEvents; ++i) {
    stream += "id: 018f4c2e-0000-7000-8000-000000000000\nevent: metric_reading_created\ndata: " +
              reading_of("018f4c2e-0000-7000-8000-000000000000", i) + "\n\n";
  }
  CountingSink sink;
  wire::Parser parser(sink);
  count("parse_event", kEvents, [&] {
    for (std::size_t at = 0; at < stream.size(); at += kRead) {
      SSE_CHECK(parser.push(std::string_view(stream).substr(at, kRead)));
    }
  });
  SSE_CHECK(sink.events() == kEvents);
}

}  // namespace
}  // namespace sse::bench

int main() {
  using namespace sse::bench;
  std::printf("built_by %s-%d/%s\n", kCompiler, kMajor, SSE_COST_FLAGS);
  count_publishing();
  count_streams("", {});
  count_streams("filtered_", {.topics = 10});
  count_access();
  const Credentials credentials;
  count_streams("token_", {.token = credentials.static_token}, credentials.options);
  count_parsing();
}
