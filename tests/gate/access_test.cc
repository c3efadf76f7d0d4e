#include "sse/gate/access.h"

#include <string>
#include <vector>

#include "sse/http/request.h"
#include "sse/http/router.h"

#include "support/catch.h"
#include "support/test_call.h"

namespace sse::gate {
namespace {

// The rules in front of one small table.
struct Gate {
  explicit Gate(AccessOptions options = {}) : access(std::move(options), router) {
    const auto nothing = [](http::Call&) {};
    router.add("GET", "/metrics", nothing);
    router.add("POST", "/metrics", nothing);
  }

  /// The status that it answers with; 0: the route's turn.
  int ask(const std::string& method, const http::Fields& fields,
          const std::string& path = "/metrics", http::Entrance entrance = http::Entrance::kMain) {
    test::TestCall call;
    call.request().method = method;
    call.request().path = path;
    call.request().fields = fields;
    call.request().entrance = entrance;
    const auto verdict = access.judge(call);
    response = call.response();
    return verdict == http::Verdict::kAnswered ? response.status : 0;
  }

  http::Router router;
  Access access;
  http::Response response;
};

TEST_CASE("A hub on loopback answers to loopback names and addresses only", "[api][access]") {
  Gate gate;
  for (const auto* host : {"localhost", "LOCALHOST:8089", "localhost.", "a.localhost:1",
                           "127.0.0.1", "127.1.2.3:8089", "[::1]", "[::1]:8089"}) {
    CAPTURE(host);
    CHECK(gate.ask("GET", {{"Host", host}}) == 0);
  }
  for (const auto* host : {"", "evil.example", "evil.example:8089", "localhost.evil.example",
                           "127.0.0.1.evil.example", "128.0.0.1", "127.0.0", "127.0.0.1.1",
                           "127.0.0.256", "0.0.0.0", "[::2]", "[::1", "::1", "notlocalhost"}) {
    CAPTURE(host);
    CHECK(gate.ask("GET", {{"Host", host}}) == 403);
    CHECK(gate.response.body.find("--allow-host") != std::string::npos);
  }
  CHECK(gate.ask("GET", {}) == 0);  // HTTP/1.0, which no browser speaks
}

TEST_CASE("The flag --allow-host adds a name to a hub on loopback", "[api][access]") {
  Gate named({true, {"Hub.Example", "192.0.2.7"}, {}});
  for (const auto* host :
       {"hub.EXAMPLE:80", "hub.example.", "localhost:8089", "127.0.0.1", "192.0.2.7:8089"}) {
    CAPTURE(host);
    CHECK(named.ask("GET", {{"Host", host}}) == 0);
  }
  for (const auto* host : {"x.hub.example", "hub.example.evil", "192.0.2.8", "0.0.0.0"}) {
    CAPTURE(host);
    CHECK(named.ask("GET", {{"Host", host}}) == 403);
  }
}

TEST_CASE("Beyond loopback any name is answered, with --allow-host its names and addresses only",
          "[api][access]") {
  Gate open({false, {}, {}});
  CHECK(open.ask("GET", {{"Host", "anything.example"}}) == 0);
  Gate named({false, {"hub.example"}, {}});
  // An address cannot be rebound, whichever it is.
  for (const auto* host : {"hub.example", "HUB.example:8089", "localhost", "a.localhost:1",
                           "127.0.0.1", "192.0.2.8:8089", "0.0.0.0", "[2001:db8::7]:80"}) {
    CAPTURE(host);
    CHECK(named.ask("GET", {{"Host", host}}) == 0);
  }
  for (const auto* host : {"evil.example", "evil.example:8089", "hub.example.evil.example",
                           "192.0.2.8.evil.example", "2130706433", "0x7f.1", "127.1", ""}) {
    CAPTURE(host);
    CHECK(named.ask("GET", {{"Host", host}}) == 403);
    CHECK(named.ask("POST", {{"Host", host}, {"Origin", std::string("http://") + host}}) == 403);
  }
  CHECK(named.ask("GET", {}) == 0);  // HTTP/1.0, which no browser speaks
}

TEST_CASE("Which names the operator's listeners answer to depends on where they are bound",
          "[gate][access]") {
  const auto ask = [](Gate& gate, http::Entrance entrance) {
    return gate.ask("GET", {{"Host", "evil.example"}}, "/-/metrics", entrance);
  };
  Gate local_admin({false, {}, {}, true});
  CHECK(ask(local_admin, http::Entrance::kAdmin) == 403);
  CHECK(ask(local_admin, http::Entrance::kMain) == 0);
  Gate open_admin({true, {}, {}, false});
  CHECK(ask(open_admin, http::Entrance::kAdmin) == 0);
  CHECK(ask(open_admin, http::Entrance::kMain) == 403);
}

TEST_CASE("A page of this machine or of the hub itself may write, a foreign one may not",
          "[api][access]") {
  Gate gate;
  for (const auto* origin : {"http://localhost", "http://localhost:3000", "http://127.0.0.1:5173",
                             "http://[::1]:3000", "https://localhost:8089"}) {
    CAPTURE(origin);
    CHECK(gate.ask("POST", {{"Host", "localhost:8089"}, {"Origin", origin}}) == 0);
    CHECK(gate.response.fields.get("Access-Control-Allow-Origin") == origin);
    CHECK(gate.response.fields.get("Access-Control-Expose-Headers").find("SSE-Cursor") !=
          std::string::npos);
    CHECK(gate.response.fields.get("Vary") == "Origin");
  }
  for (const auto* origin : {"null", "", "http://evil.example", "https://localhost:3000",
                             "http://localhost.evil.example", "http://localhost:3000.evil.example",
                             "http://localhost:", "localhost:8089", "http://127.0.0.1evil"}) {
    CAPTURE(origin);
    CHECK(gate.ask("POST", {{"Host", "localhost:8089"}, {"Origin", origin}}) == 403);
    CHECK(gate.ask("DELETE", {{"Host", "localhost:8089"}, {"Origin", origin}}) == 403);
    CHECK(gate.ask("GET", {{"Host", "localhost:8089"}, {"Origin", origin}}) == 0);
    CHECK_FALSE(gate.response.fields.has("Access-Control-Allow-Origin"));
    CHECK(gate.response.fields.get("Vary") == "Origin");
  }
}

TEST_CASE("An Origin that no browser writes is foreign, and is not sent back", "[api][access]") {
  Gate gate({false, {}, {}});
  for (const std::string host : {"localhost", "\xF4.localhost"}) {
    for (const std::string scheme : {"ht\xF4p", "evil", "file", ""}) {
      CAPTURE(host, scheme);
      const std::string origin = scheme + "://" + host;
      CHECK(gate.ask("POST", {{"Host", host}, {"Origin", origin}}) == 403);
      CHECK(gate.ask("GET", {{"Host", host}, {"Origin", origin}}) == 0);
      CHECK_FALSE(gate.response.fields.has("Access-Control-Allow-Origin"));
    }
  }
  CHECK(gate.ask("POST", {{"Host", "\xF4.localhost"}, {"Origin", "http://\xF4.localhost"}}) == 403);
}

TEST_CASE("Two Origins are as good as a foreign one", "[api][access]") {
  Gate gate;
  CHECK(gate.ask("POST", {{"Host", "localhost"},
                          {"Origin", "http://localhost"},
                          {"Origin", "http://evil.example"}}) == 403);
}

TEST_CASE("The flag --cors-origin says which pages may, the hub's own always", "[api][access]") {
  Gate gate({false, {}, {"https://App.example", "http://dev.example:*"}});
  const auto write = [&](const std::string& origin) {
    return gate.ask("POST", {{"Host", "hub.example:8089"}, {"Origin", origin}});
  };
  CHECK(write("https://app.example") == 0);
  CHECK(write("http://dev.example:1234") == 0);
  CHECK(write("http://hub.example:8089") == 0);
  CHECK(write("http://app.example") == 403);
  CHECK(write("https://app.example:444") == 403);
  CHECK(write("http://hub.example") == 403);
  CHECK(write("http://localhost:3000") == 403);
}

TEST_CASE("The flag --cors-origin * is every origin but null", "[api][access]") {
  Gate gate({false, {}, {"*"}});
  CHECK(gate.ask("POST", {{"Host", "h"}, {"Origin", "https://any.example"}}) == 0);
  CHECK(gate.response.fields.get("Access-Control-Allow-Origin") == "*");
  CHECK(gate.ask("POST", {{"Host", "h"}, {"Origin", "null"}}) == 403);
}

TEST_CASE("A preflight is answered from the route table", "[api][access]") {
  Gate gate;
  http::Fields fields = {{"Host", "localhost:8089"},
                         {"Origin", "http://localhost:3000"},
                         {"Access-Control-Request-Method", "POST"}};
  CHECK(gate.ask("OPTIONS", fields) == 204);
  CHECK(gate.response.fields.get("Access-Control-Allow-Methods") == "GET, HEAD, OPTIONS, POST");
  CHECK(gate.response.fields.get("Access-Control-Allow-Headers") ==
        "Last-Event-ID, Content-Type, Authorization, Idempotency-Key, Idempotency-Key-Age");
  CHECK(gate.response.fields.get("Access-Control-Max-Age") == "600");
  CHECK(gate.ask("OPTIONS", fields, "/none") == 0);
  fields.remove("Access-Control-Request-Method");
  CHECK(gate.ask("OPTIONS", fields) == 0);
}

TEST_CASE("Over TLS only https pages are the hub's own, and use the client's certificate",
          "[gate][access]") {
  const http::Router router;
  const Access access({}, router);
  const auto asked = [](const char* origin, bool is_secure, const char* site = "") {
    http::Request request;
    request.fields.add("Host", "localhost:8089");
    request.method = "POST";
    request.is_secure = is_secure;
    if (*origin != 0) request.fields.add("Origin", origin);
    if (*site != 0) request.fields.add("Sec-Fetch-Site", site);
    return request;
  };
  const std::string https = "https://localhost:8089";
  const std::string http = "http://localhost:8089";
  CHECK(access.is_own(asked("", true), https));
  CHECK_FALSE(access.is_own(asked("", true), http));
  CHECK(access.is_own(asked("", false), https));
  CHECK(access.is_own(asked("", false), http));
  CHECK(access.counts_certificate(asked("", true)));  // no browser
  CHECK(access.counts_certificate(asked(https.c_str(), true)));
  CHECK_FALSE(access.counts_certificate(asked(http.c_str(), true)));
  CHECK_FALSE(access.counts_certificate(asked("https://evil.example", true)));
  CHECK_FALSE(access.counts_certificate(asked("null", true)));
  CHECK_FALSE(access.counts_certificate(asked("", true, "cross-site")));
}

TEST_CASE("The certificate of a proxy is not lent to what it forwards", "[gate][access]") {
  const Gate gate;
  http::Request request;
  request.method = "POST";
  CHECK(gate.access.counts_certificate(request));
  request.is_proxied = true;  // it passes TLS through: the handshake is its peer's
  CHECK(gate.access.counts_certificate(request));
  request.is_forwarded = true;
  CHECK_FALSE(gate.access.counts_certificate(request));
  request.is_forwarded = false;
  for (const char* field : {"X-Forwarded-For", "Forwarded", "Via"}) {
    CAPTURE(field);
    request.fields = {{field, "x"}};
    CHECK_FALSE(gate.access.counts_certificate(request));
  }
}

}  // namespace
}  // namespace sse::gate
