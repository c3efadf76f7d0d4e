// Requests of one connection whose gate waits for an outcome.

#include <string>
#include <utility>
#include <vector>

#include "http2/site.h"

namespace sse::http {
namespace {

/// Requests with a query wait for their verdicts.
struct Waiting : TwoSite {
  explicit Waiting(const ServerOptions& given = {}) : TwoSite(given) {
    hooks.on_route = [this](Call& call, const RouteMatch&) {
      if (call.request().params.empty()) return Verdict::kGoOn;
      waiting.push_back(call.judge_later([](Call&, const RouteMatch&) { return Verdict::kGoOn; }));
      return Verdict::kLater;
    };
  }
  void go_on() {
    for (const auto& resume : std::exchange(waiting, {})) resume();
    talk();
  }

  std::vector<Resume> waiting;
};

TEST_CASE("The body of a request whose verdict is late keeps no other waiting",
          "[http][two][bytes]") {
  Waiting site;
  const std::string large(200'000, 'x');
  const auto late = site.peer().post("/echo?late", large);
  site.talk();
  REQUIRE(site.waiting.size() == 1);
  const auto other = site.peer().post("/echo", large);
  site.talk(40);
  CHECK(site.peer().answer(other).body == large);
  CHECK_FALSE(site.peer().answer(late).ended);
  site.go_on();
  site.talk(40);
  CHECK(site.peer().answer(late).body == large);
  CHECK(site.state->held.sum() == 0);
  // One that is taken back gives no room twice.
  const auto gone = site.peer().post("/echo?late", large);
  site.talk();
  site.peer().reset(gone);
  site.talk();
  const auto last = site.peer().post("/echo", large);
  site.talk(40);
  CHECK(site.peer().answer(last).body == large);
  CHECK_FALSE(site.peer().goaway());
}

TEST_CASE("What has come of such bodies is within --max-http-bytes", "[http][two][bytes]") {
  constexpr std::size_t kMost = 512U << 10U;
  ServerOptions options;
  options.max_http_bytes = kMost;
  Waiting site(options);
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 40; ++i) {
    ids.push_back(site.peer().post("/echo?late", std::string(200'000, 'x')));
    site.talk(3);
    CHECK(site.state->held.sum() <= kMost);
  }
  site.talk();
  std::size_t refused = 0;
  for (const auto id : ids) refused += site.peer().answer(id).status == "503" ? 1U : 0U;
  CHECK(refused >= 30);
  CHECK(refused < 40);
  CHECK(std::as_const(site.set()).counts().refused_for_bytes == refused);
}

}  // namespace
}  // namespace sse::http
