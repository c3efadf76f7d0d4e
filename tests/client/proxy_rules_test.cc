#include "sse/client/proxy_rules.h"

#include <map>
#include <optional>
#include <string>

#include "support/catch.h"

namespace sse::client {
namespace {

std::string proxy(std::string_view url, const std::map<std::string, std::string>& variables,
                  const std::optional<std::string>& given = std::nullopt) {
  return proxy_for(*Endpoint::parse(url), given, [&variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

TEST_CASE("The environment names the proxy as it does for curl", "[client][proxy]") {
  CHECK(proxy("http://hub/", {{"http_proxy", "p:1"}}) == "p:1");
  CHECK(proxy("http://hub/", {{"HTTP_PROXY", "p:1"}}).empty());  // a CGI script's Proxy header
  CHECK(proxy("https://hub/", {{"http_proxy", "p:1"}}).empty());
  CHECK(proxy("https://hub/", {{"HTTPS_PROXY", "p:2"}}) == "p:2");
  CHECK(proxy("https://hub/", {{"https_proxy", "p:1"}, {"HTTPS_PROXY", "p:2"}}) == "p:1");
  CHECK(proxy("http://hub/", {{"ALL_PROXY", "p:3"}}) == "p:3");
  CHECK(proxy("http://hub/", {{"http_proxy", "p:1"}}, "given:1") == "given:1");
  CHECK(proxy("http://hub/", {{"http_proxy", "p:1"}}, "").empty());
}

TEST_CASE("This machine is reached without a proxy", "[client][proxy]") {
  for (const char* url :
       {"http://localhost/", "http://a.localhost/", "http://127.0.0.1:8089/", "http://127.9.9.9/",
        "[::1]:80", "[::ffff:127.0.0.1]:80", "unix:/run/s"}) {
    CAPTURE(url);
    CHECK(proxy(url, {{"http_proxy", "p:1"}}, "given:1").empty());
  }
  CHECK(proxy("http://notlocalhost/", {}, "given:1") == "given:1");
  CHECK(proxy("http://128.0.0.1/", {}, "given:1") == "given:1");
}

TEST_CASE("no_proxy names hosts, domains, addresses, ranges and ports", "[client][proxy]") {
  struct Row {
    const char* list;
    const char* url;
    bool covers;
  };
  const Row rows[] = {{"*", "http://hub/", true},
                      {"hub", "http://hub/", true},
                      {"HUB", "http://hub/", true},
                      {"hub", "http://a.hub/", true},
                      {".hub", "http://a.hub/", true},
                      {".hub", "http://hub/", true},
                      {"hub", "http://ahub/", false},
                      {"hub:80", "http://hub/", true},
                      {"hub:81", "http://hub/", false},
                      {"a, b\thub", "http://hub/", true},
                      {"10.0.0.0/8", "http://10.1.2.3/", true},
                      {"10.0.0.0/9", "http://10.200.2.3/", false},
                      {"10.0.0.0/99", "http://10.1.2.3/", false},
                      {"10.1.2.3", "http://10.1.2.3/", true},
                      {"10.1.2.3:80", "http://10.1.2.3/", true},
                      {"fd00::/8", "http://[fd00:abcd::1]/", true},
                      {"fd00:abcd:0::1", "http://[fd00:abcd::1]/", true},
                      {"[fd00:abcd::1]:80", "http://[fd00:abcd::1]/", true},
                      {"[fd00:abcd::1]:81", "http://[fd00:abcd::1]/", false},
                      {"", "http://hub/", false},
                      {",,:,[,/,]", "http://hub/", false}};
  for (const Row& row : rows) {
    CAPTURE(row.list, row.url);
    CHECK(proxy(row.url, {{"no_proxy", row.list}}, "p:1").empty() == row.covers);
    CHECK(proxy(row.url, {{"NO_PROXY", row.list}}, "p:1").empty() == row.covers);
  }
}

TEST_CASE("A proxy is checked, and shown without its password", "[client][proxy]") {
  for (const char* text :
       {"", "p", "p:1", "http://p:1/", "https://p", "socks5h://u:s@p:1", "[::1]:1"}) {
    CAPTURE(text);
    CHECK(check_proxy(text));
  }
  for (const char* text :
       {"ftp://p", "http://", ":1", "http://p/path", "a b", "http://u:secret@"}) {
    CAPTURE(text);
    const auto checked = check_proxy(text);
    REQUIRE_FALSE(checked);
    CHECK_THAT(checked.error().text, Catch::Contains("expected http://host:port"));
    CHECK_THAT(checked.error().text, !Catch::Contains("secret"));
  }
  CHECK(shown_proxy("http://u:s@p:1") == "http://p:1");
  CHECK(shown_proxy("u:s@p:1") == "p:1");
  CHECK(shown_proxy("p:1") == "p:1");
}

}  // namespace
}  // namespace sse::client
