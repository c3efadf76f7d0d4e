#include "sse/http/router.h"

#include <string>

#include "support/catch.h"

namespace sse::http {
namespace {

CallHandler nothing() {
  return [](Call&) {};
}

Router example() {
  Router router;
  router.add("GET", "/metrics", nothing());
  router.add("POST", "/metrics", nothing());
  router.add("POST", "/metrics/readings", nothing());
  router.add("GET", "/metrics/{id}", nothing());
  router.add("DELETE", "/metrics/{id}", nothing());
  router.add("GET", "/metrics/{id}/readings", nothing());
  router.add("GET", "/events/watch", [](Call&) {});
  return router;
}

std::string path_of(const Router& router, std::string_view method, std::string_view path) {
  const auto match = router.find(method, path);
  return match.route == nullptr ? "" : match.route->path;
}

TEST_CASE("A path finds its route, an exact one before a parameter", "[http][router]") {
  const auto router = example();
  CHECK(path_of(router, "GET", "/metrics") == "/metrics");
  CHECK(path_of(router, "POST", "/metrics/readings") == "/metrics/readings");
  CHECK(path_of(router, "GET", "/metrics/7") == "/metrics/{id}");
  CHECK(path_of(router, "GET", "/metrics/7/readings") == "/metrics/{id}/readings");
  const auto match = router.find("DELETE", "/metrics/7");
  CHECK(match.parameter == "id");
  CHECK(match.parameter_value == "7");
}

TEST_CASE("A parameter is one level that is not empty", "[http][router]") {
  const auto router = example();
  for (const auto* path : {"/metrics/", "/metrics/a/b", "/metrics//readings",
                           "/metrics/a/readings/", "/metric", "", "/"}) {
    CAPTURE(path);
    CHECK_FALSE(router.find("GET", path).path_exists);
  }
}

TEST_CASE("A GET route answers HEAD", "[http][router]") {
  const auto router = example();
  CHECK(path_of(router, "HEAD", "/metrics/7") == "/metrics/{id}");
  CHECK(path_of(router, "HEAD", "/events/watch") == "/events/watch");
  CHECK(path_of(router, "HEAD", "/metrics/readings").empty());
}

TEST_CASE("A wrong path, a wrong method and an unknown method are told apart", "[http][router]") {
  const auto router = example();
  CHECK_FALSE(router.find("GET", "/none").path_exists);
  const auto wrong = router.find("PUT", "/metrics");
  CHECK(wrong.path_exists);
  CHECK(wrong.method_known);
  CHECK_FALSE(router.find("BREW", "/metrics").method_known);
  CHECK_FALSE(router.find("get", "/metrics").method_known);
}

TEST_CASE("Allow lists what a path takes", "[http][router]") {
  const auto router = example();
  CHECK(router.allowed_methods("/metrics") == "GET, HEAD, OPTIONS, POST");
  CHECK(router.allowed_methods("/metrics/7") == "DELETE, GET, HEAD, OPTIONS");
  CHECK(router.allowed_methods("*") == "DELETE, GET, HEAD, OPTIONS, POST");
  CHECK(router.allowed_methods("/none").empty());
}

}  // namespace
}  // namespace sse::http
