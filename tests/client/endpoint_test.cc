#include "sse/client/endpoint.h"

#include "support/catch.h"

using sse::client::Endpoint;

namespace {

std::string url_of(std::string_view text) {
  const auto endpoint = Endpoint::parse(text);
  return endpoint ? endpoint->url() : "error: " + endpoint.error().text;
}

std::string redirect(std::string_view from, std::string_view location) {
  const auto endpoint = Endpoint::parse(from)->resolve(location);
  return endpoint ? endpoint->url() : "error: " + endpoint.error().text;
}

}  // namespace

TEST_CASE("A hub's URL is accepted in every form that people write", "[client][endpoint]") {
  CHECK(url_of("http://hub.example:9000/a/b?x=1") == "http://hub.example:9000/a/b?x=1");
  CHECK(url_of("https://hub.example/") == "https://hub.example:443/");
  CHECK(url_of("http://hub.example") == "http://hub.example:80/");
  CHECK(url_of("HTTP://Hub.Example:80/Path") == "http://hub.example:80/Path");
  CHECK(url_of("hub1:9000") == "http://hub1:9000/");
  CHECK(url_of("hub1:9000/events/watch") == "http://hub1:9000/events/watch");
  CHECK(url_of("hub1") == "http://hub1:8089/");
  CHECK(url_of(":8090") == "http://127.0.0.1:8090/");
  CHECK(url_of("[::1]:8089") == "http://[::1]:8089/");
  CHECK(url_of("[::1]") == "http://[::1]:8089/");
  CHECK(url_of("http://[2001:DB8::1]/x") == "http://[2001:db8::1]:80/x");
  CHECK(url_of("http://[fe80::7%25eth0]:1/") == "http://[fe80::7%25eth0]:1/");
  CHECK(url_of("[FE80::7%Eth0]:1") == "http://[fe80::7%25Eth0]:1/");
  CHECK(url_of("[fe80::7%251]:1") == "http://[fe80::7%251]:1/");
  CHECK(url_of("unix:/run/sse.sock") == "unix:/run/sse.sock:/");
  CHECK(url_of("unix:sse.sock:/events/watch?since=-5") == "unix:sse.sock:/events/watch?since=-5");
  CHECK(url_of("hub1?topic=a") == "http://hub1:8089/?topic=a");
  CHECK(url_of("hub1/caf\xC3\xA9") == "http://hub1:8089/caf%C3%A9");
  CHECK(url_of("hub1/?next=http://other/") == "http://hub1:8089/?next=http://other/");
}

TEST_CASE("A URL that cannot be one says what was expected", "[client][endpoint]") {
  for (const char* text : {"",
                           "ftp://hub",
                           "http://",
                           "http:///x",
                           "hub:",
                           "hub:port",
                           "hub:0",
                           "hub:65536",
                           "::1",
                           "[::1",
                           "[fe80::1%]",
                           "[fe80::1%a b]",
                           "[fe80::1%/]",
                           "unix:",
                           "unix::/path",
                           "unix:a b",
                           "[::1]x",
                           "[hub]:80",
                           "a b",
                           "a\nb",
                           "hub/x?topic=a/#",
                           "http://user:secret@hub/",
                           "unix:/\xC2\x85",
                           "h\xC3\xBC:80",
                           "http://\xC2\x85/"}) {
    CAPTURE(text);
    const auto endpoint = Endpoint::parse(text);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().code == sse::ErrorCode::kInvalid);
    CHECK(endpoint.error().text.find("expected http://host:port/path") != std::string::npos);
  }
}

TEST_CASE("Whether a URL names more than the host is known", "[client][endpoint]") {
  CHECK_FALSE(Endpoint::parse("hub1")->has_path());
  CHECK_FALSE(Endpoint::parse("http://hub1/")->has_path());
  CHECK(Endpoint::parse("http://hub1/events")->has_path());
  CHECK(Endpoint::parse("hub1:1/a?b=c")->with_path("/metrics").target() == "/metrics");
}

TEST_CASE("Query values are encoded so that they arrive as they were", "[client][endpoint]") {
  auto endpoint = *Endpoint::parse("hub1/events/watch?a=b");
  endpoint.add_query("topic", "ci/+/#");
  endpoint.add_query("since", "2026-01-31T12:00:00+01:00");
  CHECK(endpoint.target() ==
        "/events/watch?a=b&topic=ci%2F%2B%2F%23&since=2026-01-31T12%3A00%3A00%2B01%3A00");
}

TEST_CASE("Percent-encoding reads back to the same bytes", "[client][endpoint]") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  CHECK(*sse::client::percent_decode(sse::client::percent_encode(every_byte)) == every_byte);
  CHECK_FALSE(sse::client::percent_decode("%"));
  CHECK_FALSE(sse::client::percent_decode("%4"));
  CHECK_FALSE(sse::client::percent_decode("%g0"));
  CHECK_FALSE(sse::client::percent_decode("%-1"));
}

TEST_CASE("Credentials stay with scheme, host and port", "[client][endpoint]") {
  const auto hub = *Endpoint::parse("http://hub:80/a");
  CHECK(hub.same_origin(*Endpoint::parse("http://HUB/b?c")));
  CHECK_FALSE(hub.same_origin(*Endpoint::parse("https://hub:80/a")));
  CHECK_FALSE(hub.same_origin(*Endpoint::parse("http://hub:81/a")));
  CHECK_FALSE(hub.same_origin(*Endpoint::parse("http://hub2:80/a")));
  const auto socket = *Endpoint::parse("unix:/run/a");
  CHECK(socket.same_origin(*Endpoint::parse("unix:/run/a:/x")));
  CHECK_FALSE(socket.same_origin(*Endpoint::parse("unix:/run/b")));
  CHECK_FALSE(socket.same_origin(*Endpoint::parse("http://localhost/")));
  CHECK_FALSE(Endpoint::parse("[fe80::1%a]")->same_origin(*Endpoint::parse("[fe80::1%b]")));
}

TEST_CASE("What goes to another machine over http can be read on the way", "[client][endpoint]") {
  for (const auto* url : {"http://hub", "hub.example:8089", "http://192.0.2.1/a",
                          "[2001:db8::1]:80", "http://localhost.example"}) {
    CAPTURE(url);
    CHECK(Endpoint::parse(url)->is_readable_on_the_way());
  }
  for (const auto* url :
       {"https://hub", ":8089", "http://localhost", "http://a.localhost:1", "http://127.1.2.3",
        "[::1]:80", "http://[::ffff:127.0.0.1]/", "unix:/run/a"}) {
    CAPTURE(url);
    CHECK_FALSE(Endpoint::parse(url)->is_readable_on_the_way());
  }
}

TEST_CASE("A redirect's location is read relative to the request", "[client][endpoint]") {
  const char* from = "http://hub:81/a/b?q=1";
  CHECK(redirect(from, "/c") == "http://hub:81/c");
  CHECK(redirect(from, "c?d=e") == "http://hub:81/a/c?d=e");
  CHECK(redirect(from, "../c") == "http://hub:81/c");
  CHECK(redirect(from, "../../../c/./d/..") == "http://hub:81/c/");
  CHECK(redirect(from, "?q=2") == "http://hub:81/a/b?q=2");
  CHECK(redirect(from, "//other/x") == "http://other:80/x");
  CHECK(redirect(from, "https://other/x#fragment") == "https://other:443/x");
  CHECK(redirect(from, "") == from);
  CHECK(redirect("hub", "c") == "http://hub:8089/c");
  CHECK(redirect(from, "/a b") == "http://hub:81/a%20b");
  CHECK(redirect(from, "/%2e%2E/caf\xC3\xA9") == "http://hub:81/%2e%2E/caf%C3%A9");
  CHECK(redirect("unix:/run/s:/a/b", "c") == "unix:/run/s:/a/c");
  CHECK(redirect("unix:/run/s", "http://localhost/c") == "http://localhost:80/c");
  CHECK(redirect(from, "unix:/run/other").rfind("error", 0) == 0);
  CHECK(redirect("unix:/run/s", "unix:/run/s:/c").rfind("error", 0) == 0);
  CHECK(redirect(from, "mailto:x").rfind("error", 0) == 0);
  CHECK(redirect(from, "/a\r\nX: y").rfind("error", 0) == 0);
}
