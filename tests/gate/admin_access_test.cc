#include "sse/gate/admin_access.h"

#include <string>
#include <vector>

#include "sse/http/request.h"

#include "support/catch.h"

namespace sse::gate {
namespace {

bool is_allowed(const std::string& peer, const std::vector<std::string>& ranges = {},
                const http::Fields& headers = {}) {
  std::vector<AddressRange> admin_from;
  for (const auto& range : ranges) admin_from.push_back(*AddressRange::parse(range));
  http::Request request;
  request.remote_address = peer;
  request.fields = headers;
  return AdminAccess(std::move(admin_from)).allows(request);
}

TEST_CASE("Peers on this machine may read what is the operator's, others not", "[api][admin]") {
  for (const auto* peer : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "unix"}) {
    CAPTURE(peer);
    CHECK(is_allowed(peer));
  }
  for (const auto* peer : {"10.0.0.1", "::2", "::ffff:10.0.0.1", "0.0.0.0", "gone", ""}) {
    CAPTURE(peer);
    CHECK_FALSE(is_allowed(peer));
  }
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

}  // namespace
}  // namespace sse::gate
