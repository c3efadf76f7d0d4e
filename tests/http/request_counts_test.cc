#include "sse/http/request_counts.h"

#include <map>
#include <numeric>
#include <string>

#include "http/site.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;
using Statuses = std::map<int, std::uint64_t>;

/// The counts by `METHOD path`; of requests that no route answered, by a blank.
std::map<std::string, RouteCounts> counts_of(const RequestCounts& counts, const Router& router) {
  const auto routes = router.routes();
  std::vector<RouteCounts> sums(routes.size() + 1);
  counts.add_to(sums);
  std::map<std::string, RouteCounts> named{{" ", sums.back()}};
  for (std::size_t i = 0; i < routes.size(); ++i) {
    named[routes[i]->method + " " + routes[i]->path] = sums[i];
  }
  return named;
}

TEST_CASE("Requests are counted by the route that answered, whatever they asked for",
          "[http][counts]") {
  Site site;
  site.ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  site.ask("HEAD /hello?one HTTP/1.1\r\nHost: x\r\n\r\n");
  site.ask("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");
  site.ask("GET /%41 HTTP/1.1\r\nHost: x\r\n\r\n");
  site.ask("GET /secret HTTP/1.1\r\nHost: x\r\n\r\n");
  site.ask("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  site.ask("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  site.ask("nonsense\r\n\r\n");
  auto counts = counts_of(site.set().counts().requests, site.router);
  CHECK(counts.size() == site.router.routes().size() + 1);
  CHECK(counts["GET /hello"].by_status == Statuses{{200, 2}});
  CHECK(counts["POST /echo"].by_status.empty());
  CHECK(counts[" "].by_status == Statuses{{400, 1}, {404, 2}, {405, 1}, {500, 1}, {501, 1}});
}

TEST_CASE("A request is in the bucket of its duration, its edge included", "[http][counts]") {
  Router router;
  router.add("GET", "/a", [](Call&) {});
  RequestCounts counts(router);
  const Route* route = router.routes()[0];
  for (const auto duration : {0ns, 100'000ns, 100'001ns, 30'000'000'000ns, 30'000'000'001ns}) {
    counts.count(route, 200, duration);
  }
  auto a = counts_of(counts, router)["GET /a"];
  CHECK(a.by_duration[0] == 2);
  CHECK(a.by_duration[1] == 1);
  CHECK(a.by_duration[RouteCounts::kBounds.size() - 1] == 1);
  CHECK(a.by_duration[RouteCounts::kBounds.size()] == 1);
  CHECK(a.duration == 60'000'200'002ns);
}

TEST_CASE("A status without a name, and a route that came late, have a place too",
          "[http][counts]") {
  Router router;
  RequestCounts counts(router);
  router.add("GET", "/late", [](Call&) {});
  counts.count(router.routes()[0], 200, 1ns);
  counts.count(nullptr, 299, 1ns);
  counts.count(nullptr, 0, 1ns);
  auto named = counts_of(counts, Router());
  CHECK(named[" "].by_status == Statuses{{0, 2}, {200, 1}});
}

TEST_CASE("How long a request took is measured from its first byte to the answer's last",
          "[http][counts]") {
  Site site;
  Peer& peer = site.connect();
  peer.send("GET /hello HTTP/1.1\r\n");
  site.pass(3s);
  peer.set_room(0);
  peer.send("Host: x\r\n\r\n");
  site.pass(4s);
  peer.set_room(test::kUnlimited);
  CHECK(counts_of(site.set().counts().requests, site.router)["GET /hello"].duration == 7s);
}

}  // namespace
}  // namespace sse::http
