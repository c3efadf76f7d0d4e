#include "sse/gate/rate_limits.h"

#include <memory>
#include <string>

#include "sse/auth/principal.h"
#include "sse/gate/stream_quota.h"

#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/test_call.h"

namespace sse::gate {
namespace {

using namespace std::chrono_literals;

/// A request of a peer beyond this machine, by a principal when there is one.
std::unique_ptr<test::TestCall> call_of(const std::string& principal,
                                        const std::string& address = "192.0.2.1") {
  auto call = std::make_unique<test::TestCall>();
  call->request().method = "POST";
  call->request().remote_address = address;
  call->request().group = peer_group(address);
  if (!principal.empty()) {
    auto made = std::make_shared<auth::Principal>();
    made->id = principal;
    made->is_anonymous = principal == auth::kAnonymous;
    if (principal == "slow") made->limits.publish_rate = 1;
    call->identity() = std::move(made);
  }
  return call;
}

struct Stage {
  explicit Stage(RateOptions options) : limits(std::move(options), clock, random) {}

  /// 0: it may; else the Retry-After of a 429.
  int publish(const std::string& principal, std::size_t events = 1,
              const std::string& address = "192.0.2.1") {
    const auto call = call_of(principal, address);
    if (limits.admit_write(*call) == http::Verdict::kAnswered) {
      CHECK(call->response().status == 429);
      return std::stoi(std::string(call->response().fields.get("Retry-After")));
    }
    if (events > 1 && call->on_more_events()) call->on_more_events()(events - 1);
    return 0;
  }

  test::ManualClock clock;
  test::FixedRandom random;
  RateLimits limits;
};

TEST_CASE("What a second brings may come at once, and then one waits", "[gate][rate]") {
  Stage stage({5.0, {}});
  for (int i = 0; i < 5; ++i) CHECK(stage.publish("a") == 0);
  CHECK(stage.publish("a") == 1);
  CHECK(stage.publish("b") == 0);  // another's bucket
  stage.clock.advance(200ms);
  CHECK(stage.publish("a") == 0);
  CHECK(stage.publish("a") == 1);
  CHECK(stage.limits.counts().publish_refused == 2);
}

TEST_CASE("A batch passes whole, and is paid for before the next request", "[gate][rate]") {
  Stage stage({10.0, {}});
  CHECK(stage.publish("a", 100) == 0);
  CHECK(stage.publish("a") == 10);  // 90 of debt, and one more
  stage.clock.advance(9s);
  CHECK(stage.publish("a") == 1);
  stage.clock.advance(100ms);
  CHECK(stage.publish("a") == 0);
}

TEST_CASE("A token has its own rate, also where the hub has none", "[gate][rate]") {
  Stage stage({});
  CHECK(stage.publish("slow") == 0);
  CHECK(stage.publish("slow") == 1);
  for (int i = 0; i < 1'000; ++i) REQUIRE(stage.publish("a") == 0);
}

TEST_CASE("Without a credential the address is limited, and not this machine's", "[gate][rate]") {
  Stage stage({1.0, {}, {AddressRange::parse("198.51.100.0/24").value()}});
  for (const auto* principal : {"", auth::kAnonymous}) {
    CAPTURE(principal);
    stage.clock.advance(10s);
    CHECK(stage.publish(principal) == 0);
    CHECK(stage.publish(principal) == 1);
    CHECK(stage.publish(principal, 1, "192.0.2.2") == 0);
    for (int i = 0; i < 10; ++i) {
      CHECK(stage.publish(principal, 1, "127.0.0.1") == 0);
      CHECK(stage.publish(principal, 1, "unix") == 0);
      CHECK(stage.publish(principal, 1, "198.51.100.7") == 0);
    }
  }
  const auto forwarded = call_of("", "127.0.0.1");
  forwarded->request().fields.add("X-Forwarded-For", "192.0.2.9");
  CHECK(stage.limits.admit_write(*forwarded) == http::Verdict::kGoOn);
  CHECK(stage.limits.admit_write(*forwarded) == http::Verdict::kAnswered);
}

TEST_CASE("Principals with long ids have buckets of their own", "[gate][rate]") {
  Stage stage({1.0, {}});
  const std::string a(1'000, 'a');
  CHECK(stage.publish(a) == 0);
  CHECK(stage.publish(a) == 1);
  CHECK(stage.publish(a + "b") == 0);
}

TEST_CASE("Streams have a rate of their own", "[gate][rate]") {
  Stage stage({{}, 2.0});
  const auto call = call_of("a");
  CHECK(stage.limits.take_stream(*call).count() == 0);
  CHECK(stage.limits.take_stream(*call).count() == 0);
  CHECK(stage.limits.take_stream(*call) == 500ms);
  CHECK(stage.publish("a") == 0);
  CHECK(stage.limits.counts().open_refused == 1);
}

TEST_CASE("A principal has so many places, and one that is given back is free", "[gate][rate]") {
  auto quota = std::make_unique<StreamQuota>(2);
  auto first = quota->take("a");
  const auto second = quota->take("a");
  CHECK(first != nullptr);
  CHECK(second != nullptr);
  CHECK(quota->take("a") == nullptr);
  CHECK(quota->take("b") != nullptr);
  first = nullptr;
  CHECK(quota->take("a") != nullptr);
  quota = nullptr;  // a place may outlive it
}

}  // namespace
}  // namespace sse::gate
