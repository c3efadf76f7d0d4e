#include "sse/gate/admin_access.h"

#include <string>
#include <vector>

#include "sse/http/request.h"

#include "support/catch.h"
#include "support/test_call.h"

namespace sse::gate {
namespace {

bool is_allowed(const std::string& peer, const std::vector<std::string>& ranges = {},
                const http::Fields& headers = {}) {
  std::vector<AddressRange> admin_from;
  for (const auto& range : ranges) admin_from.push_back(*AddressRange::parse(range));
  http::Request request;
  request.remote_address = peer;
  request.fields = headers;
  return AdminAccess(std::move(admin_from)).refusal(request) == nullptr;
}

TEST_CASE("The operator's routes are for peers on this machine, and not for others",
          "[api][admin]") {
  for (const auto* peer : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "unix"}) {
    CAPTURE(peer);
    CHECK(is_allowed(peer));
  }
  for (const auto* peer :
       {"unknown", "10.0.0.1", "::2", "::ffff:10.0.0.1", "0.0.0.0", "gone", ""}) {
    CAPTURE(peer);
    CHECK_FALSE(is_allowed(peer));
  }
  // It is said of what is read and of what is done (POST /-/backup).
  http::Request request;
  request.remote_address = "10.0.0.1";
  const std::string refusal = AdminAccess({}).refusal(request);
  CHECK(refusal.find("for peers on this machine only") != std::string::npos);
  CHECK(refusal.find("--admin-from") != std::string::npos);
}

TEST_CASE("The flag --admin-from adds addresses of both families", "[api][admin]") {
  const std::vector<std::string> ranges = {"10.1.0.0/16", "fd00::/8"};
  CHECK(is_allowed("10.1.2.3", ranges));
  CHECK(is_allowed("::ffff:10.1.2.3", ranges));
  CHECK(is_allowed("fd12::1", ranges));
  CHECK(is_allowed("127.0.0.1", ranges));
  CHECK_FALSE(is_allowed("10.2.2.3", ranges));
  CHECK_FALSE(is_allowed("fe80::1", ranges));
}

TEST_CASE("A peer behind a PROXY header is not on this machine, whatever it is called",
          "[api][admin]") {
  http::Request request;
  request.remote_address = "127.0.0.1";
  request.is_proxied = true;
  CHECK(AdminAccess({}).refusal(request) != nullptr);
  CHECK_FALSE(is_of_this_machine(request));
}

TEST_CASE("A request that came through a proxy is its sender's, unless the proxy is trusted",
          "[api][admin]") {
  for (const auto& headers :
       {http::Fields{{"X-Forwarded-For", "127.0.0.1"}}, http::Fields{{"x-forwarded-for", ""}},
        http::Fields{{"Forwarded", "for=127.0.0.1"}}}) {
    CHECK_FALSE(is_allowed("127.0.0.1", {}, headers));
    CHECK_FALSE(is_allowed("::1", {}, headers));
    CHECK_FALSE(is_allowed("unix", {"0.0.0.0/0", "::/0"}, headers));
    CHECK_FALSE(is_allowed("127.0.0.1", {"10.0.0.0/8"}, headers));
    CHECK(is_allowed("127.0.0.1", {"127.0.0.1"}, headers));
    CHECK(is_allowed("10.0.0.1", {"10.0.0.0/8"}, headers));
  }
}

TEST_CASE("Every field that proxies add shuts peers on this machine out", "[gate][admin]") {
  for (const auto* name : {"Forwarded",
                           "X-Forwarded-For",
                           "X-Forwarded-Host",
                           "X-Forwarded-Proto",
                           "X-Forwarded-Port",
                           "X-Forwarded-Server",
                           "X-Forwarded-Anything",
                           "X-Forwarded",
                           "x-real-ip",
                           "VIA",
                           "CF-Connecting-IP",
                           "CF-Ray",
                           "CDN-Loop",
                           "True-Client-IP",
                           "X-Client-IP",
                           "X-Cluster-Client-IP",
                           "Fastly-Client-IP",
                           "Fly-Client-IP",
                           "X-Original-URL",
                           "X-Original-Forwarded-For",
                           "X-Original-Host",
                           "X-Envoy-External-Address",
                           "X-Amzn-Trace-Id",
                           "X-Azure-ClientIP",
                           "Client-IP",
                           "X-ProxyUser-Ip"}) {
    CAPTURE(name);
    CHECK_FALSE(is_allowed("127.0.0.1", {}, {{name, "127.0.0.1"}}));
    CHECK_FALSE(is_allowed("unix", {}, {{"Host", "h"}, {name, ""}}));
    CHECK(is_allowed("127.0.0.1", {"127.0.0.1"}, {{name, "127.0.0.1"}}));
  }
  // What clients send by themselves.
  for (const auto* name :
       {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection", "Cookie", "Origin",
        "Referer", "Authorization", "X-Requested-With", "X-Request-ID", "Traceparent",
        "X-Prometheus-Scrape-Timeout-Seconds", "X-Forward", "Viability"}) {
    CAPTURE(name);
    CHECK(is_allowed("127.0.0.1", {}, {{name, "x"}}));
  }
}

TEST_CASE("With listeners of their own the operator's routes answer there alone, to every peer",
          "[gate][admin]") {
  const AdminAccess access({*AddressRange::parse("10.0.0.0/8")}, true);
  for (const auto* peer : {"127.0.0.1", "::1", "unix", "10.0.0.1", "192.0.2.1"}) {
    CAPTURE(peer);
    http::Request request;
    request.remote_address = peer;
    const char* const refusal = access.refusal(request);
    REQUIRE(refusal != nullptr);
    CHECK(std::string(refusal).find("--admin-bind") != std::string::npos);
    request.entrance = http::Entrance::kAdmin;
    CHECK(access.refusal(request) == nullptr);
    request.fields.add("X-Forwarded-For", "192.0.2.1");
    CHECK(access.refusal(request) == nullptr);
  }
}

TEST_CASE("By the operator's listeners there is nothing but the operator's routes, and health",
          "[gate][admin]") {
  const auto status_of = [](const std::string& path, http::Entrance entrance) {
    test::TestCall call;
    call.request().path = path;
    call.request().entrance = entrance;
    return AdminAccess::judge(call) == http::Verdict::kGoOn ? 0 : call.response().status;
  };
  for (const auto* path : {"/-/healthz", "/-/readyz", "/-/metrics", "/-/streams", "/-/streams/7",
                           "/-/cluster", "/-/backup"}) {
    CAPTURE(path);
    CHECK(status_of(path, http::Entrance::kAdmin) == 0);
  }
  for (const auto* path : {"/", "/events", "/events/watch", "/metrics", "/-/metricsx", "/-/",
                           "/-/metrics/", "//-/metrics", "*", ""}) {
    CAPTURE(path);
    CHECK(status_of(path, http::Entrance::kAdmin) == 404);
    CHECK(status_of(path, http::Entrance::kMain) == 0);
  }
}

}  // namespace
}  // namespace sse::gate
