#include "sse/gate/cookies.h"

#include <chrono>
#include <string>
#include <vector>

#include "sse/http/request.h"
#include "sse/http/response.h"

#include "support/catch.h"

namespace sse::gate {
namespace {

http::Request from(const std::string& host, const std::vector<std::string>& cookies = {}) {
  http::Request request;
  if (!host.empty()) request.fields.add("Host", host);
  for (const auto& cookie : cookies) request.fields.add("Cookie", cookie);
  return request;
}

TEST_CASE("Cookies are read from all fields, and what has no name is none", "[gate][cookie]") {
  const auto request = from("h", {"a=1; b=2;;x;  c=3=4 ", "d=; a=5"});
  const auto cookies = cookies_of(request);
  REQUIRE(cookies.size() == 5);
  CHECK(find_cookie(request, "a") == "1");
  CHECK(find_cookie(request, "b") == "2");
  CHECK(find_cookie(request, "c") == "3=4");
  CHECK(find_cookie(request, "d") == "");
  CHECK_FALSE(find_cookie(request, "x"));
  CHECK_FALSE(find_cookie(request, "A"));
}

TEST_CASE("A cookie's name has the port that pages use, so that two hubs keep theirs apart",
          "[gate][cookie]") {
  const CookieNames names("");
  CHECK(names.session(from("localhost:8089")) == "sse-8089");
  CHECK(names.session(from("Board.LocalHost:8089")) == "sse-8089");
  CHECK(names.session(from("127.0.0.1")) == "sse-80");
  CHECK(names.session(from("[::1]:1")) == "sse-1");
  CHECK_FALSE(names.session(from("hub.example")));
  CHECK_FALSE(names.session(from("notlocalhost")));
  CHECK_FALSE(names.session(from("192.0.2.1")));
  CHECK_FALSE(names.session(from("")));
  CHECK_FALSE(names.is_secure(http::Request()));
  const auto ticket = names.ticket(from("hub.example:8089"), "tk_a");
  CHECK(ticket.size() == std::string("sse-8089-3f0c9a1b").size());
  CHECK(ticket != names.ticket(from("hub.example:8089"), "tk_b"));
  CHECK(ticket != names.ticket(from("hub.example:8090"), "tk_a"));
  CHECK(names.is_of_ticket(from("hub.example:8089"), ticket));
  CHECK_FALSE(names.is_of_ticket(from("hub.example:8090"), ticket));
  CHECK_FALSE(names.is_of_ticket(from("hub.example:8089"), "sse-8089"));
  CHECK_FALSE(names.is_of_ticket(from("hub.example:8089"), "sse-8089-3f0c9a1g"));
  CHECK_FALSE(names.is_of_ticket(from("hub.example:8089"), "sse-8089-3f0c9a1b1"));
}

TEST_CASE("Behind https cookies are for https, with the port of the public URL", "[gate][cookie]") {
  const CookieNames usual("https://hub.example/live");
  CHECK(usual.is_secure(http::Request()));
  CHECK(usual.session(from("10.0.0.1:8089")) == "__Host-sse-443");
  CHECK(usual.session(from("")) == "__Host-sse-443");
  const CookieNames other("https://hub.example:8443");
  CHECK(other.session(from("127.0.0.1:8089")) == "__Host-sse-8443");
  CHECK(other.ticket(from("a"), "tk_a") == other.ticket(from("b:1"), "tk_a"));
  const CookieNames plain("http://localhost:9000/live");
  CHECK_FALSE(plain.is_secure(http::Request()));
  CHECK(plain.session(from("127.0.0.1:8089")) == "sse-9000");
  CHECK_FALSE(plain.session(from("hub.example")));
}

TEST_CASE("A request that came by TLS has cookies for https, with the port of its Host",
          "[gate][cookie]") {
  const CookieNames names("");
  const auto secure = [](const std::string& host) {
    http::Request request = from(host);
    request.is_secure = true;
    return request;
  };
  CHECK(names.is_secure(secure("hub.example")));
  CHECK(names.session(secure("hub.example")) == "__Host-sse-443");
  CHECK(names.session(secure("127.0.0.1:8089")) == "__Host-sse-8089");
  http::Response response;
  names.set(secure("hub.example"), response, "a", "b", std::chrono::seconds(1));
  CHECK(response.fields.get("Set-Cookie").find("; Secure") != std::string_view::npos);
}

}  // namespace
}  // namespace sse::gate
