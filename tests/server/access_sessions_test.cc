// Sessions: how a page acts for a user without keeping a token.

#include <chrono>
#include <string>
#include <string_view>

#include "sse/auth/key_file.h"
#include "sse/auth/signed_token.h"
#include "sse/base/time_text.h"

#include "server/access_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

/// The whole value of the first Set-Cookie of an answer; empty: none.
std::string set_cookie_of(const std::string& answer) {
  const auto at = answer.find("Set-Cookie: ");
  if (at == std::string::npos) return {};
  return answer.substr(at + 12, answer.find('\r', at) - at - 12);
}

std::string cookie_of(const std::string& answer) {
  const std::string text = set_cookie_of(answer);
  return text.substr(0, text.find(';'));
}

/// The fields of a request that the browser sends with this cookie, of a page of this origin.
std::string with_cookie(const std::string& cookie, const std::string& origin = "") {
  return "Cookie: " + cookie + "\r\n" + (origin.empty() ? "" : "Origin: " + origin + "\r\n");
}

const std::string kOwn = "http://localhost";

std::string log_in(Stage& stage, const std::string& id, const std::string& fields = "") {
  const auto answer = stage.ask("POST /session", id, "", fields);
  CHECK_THAT(answer, Contains(" 201 "));
  return cookie_of(answer);
}

TEST_CASE("A session does what its token may, without the token", "[access][session]") {
  Stage stage;
  const auto opened = stage.ask("POST /session", "ci");
  CHECK_THAT(opened, Contains(" 201 ") && Contains("Cache-Control: no-store") &&
                         Contains(R"("principal":"token:ci")") && Contains(R"("session":true)") &&
                         Contains(R"("expires":"2027-01-16T08:00:00Z")"));
  CHECK_THAT(set_cookie_of(opened), Catch::StartsWith("sse-80=ss_") &&
                                        Contains("; HttpOnly; SameSite=Strict; Path=/; "
                                                 "Max-Age=86400") &&
                                        !Contains("Secure"));
  const std::string cookie = cookie_of(opened);
  CHECK(cookie.size() == std::string_view("sse-80=ss_").size() + 43);
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie)),
             Contains(" 200 ") && Contains(R"("principal":"token:ci")"));
  CHECK_THAT(stage.ask("GET /events/watch", "", "", with_cookie("a=b; " + cookie)),
             Contains(" 200 ") && Contains("SSE-Topics: ci/#"));
  const auto publish = [&](const std::string& topic) {
    return stage.ask("POST /events", "", R"({"topic":")" + topic + R"(","data":1})",
                     with_cookie(cookie, kOwn));
  };
  CHECK_THAT(publish("ci/web"), Contains(" 201 "));
  CHECK_THAT(publish("other"), Contains(" 403 ") && Contains("granted: ci/#"));
}

TEST_CASE("A session ends when it is ended, and its streams with it", "[access][session]") {
  Stage stage;
  const auto cookie = log_in(stage, "ci");
  const auto other = log_in(stage, "ci");
  Peer& stream = stage.send("GET /events/watch", "", "", with_cookie(cookie));
  Peer& others = stage.send("GET /events/watch", "", "", with_cookie(other));
  Peer& poll = stage.send("GET /events?wait=60s", "", "", with_cookie(cookie));
  CHECK(poll.received().empty());
  const auto ended = stage.ask("DELETE /session", "", "", with_cookie(cookie, kOwn));
  CHECK_THAT(ended, Contains(" 204 "));
  CHECK_THAT(set_cookie_of(ended), Catch::StartsWith("sse-80=;") && Contains("Max-Age=0"));
  stage.hub.settle();
  CHECK(was_told(stream, "revoked"));
  CHECK_THAT(poll.received(), Contains(" 401 "));
  CHECK_FALSE(was_told(others, "revoked"));
  // Never anonymous, and the browser is told to drop it.
  const auto stale = stage.ask("GET /session", "", "", with_cookie(cookie));
  CHECK_THAT(stale, Contains(" 401 "));
  CHECK_THAT(set_cookie_of(stale), Catch::StartsWith("sse-80=;") && Contains("Max-Age=0"));
  CHECK(stage.status("DELETE /session", "ci") == 404);
}

TEST_CASE("A session ends after a day, or with its token", "[access][session]") {
  Stage stage;
  const auto cookie = log_in(stage, "ci");
  const auto soon = stage.ask("POST /session", "soon");
  CHECK_THAT(set_cookie_of(soon), Contains("Max-Age=60"));
  Peer& stream = stage.send("GET /events/watch", "", "", with_cookie(cookie_of(soon)));
  stage.hub.pass(61s);
  CHECK(was_told(stream, "expired"));
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie_of(soon))), Contains(" 401 "));
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie)), Contains(" 200 "));
  stage.hub.clock.advance(24h);
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie)), Contains(" 401 "));
}

TEST_CASE("A new token of the same principal moves the end of open streams without a byte",
          "[access][session]") {
  Stage stage;
  const auto cookie = log_in(stage, "ci");
  Peer& stream = stage.send("GET /events/watch", "", "", with_cookie(cookie));
  Peer& left = stage.send("GET /events/watch", "", "", with_cookie(log_in(stage, "ci")));
  stage.hub.clock.advance(23h);
  stage.hub.pass(1s);
  const auto before = stream.received();
  const auto renewed = stage.ask("POST /session", "ci", "", with_cookie(cookie, kOwn));
  CHECK_THAT(renewed, Contains(" 200 "));
  CHECK(cookie_of(renewed) == cookie);
  CHECK_THAT(set_cookie_of(renewed), Contains("Max-Age=86400"));
  stage.hub.settle();
  CHECK(stream.received() == before);
  stage.hub.clock.advance(2h);
  stage.hub.pass(1s);
  CHECK(was_told(left, "expired"));
  CHECK_FALSE(was_told(stream, "expired"));
  stage.publish("ci/web", "seen");
  CHECK_THAT(stream.received(), Contains("seen"));
  stage.hub.clock.advance(22h);
  stage.hub.pass(1s);
  CHECK(was_told(stream, "expired"));
}

/// Signed tokens beside the rows of kTokens.
struct Issuer {
  std::shared_ptr<const auth::Credentials> credentials(const std::string& revoked = "") const {
    auto made = auth::Credentials::make(nullptr, auth::JwsVerifier::make(keys.keys).value(), {},
                                        auth::Revocations::parse(revoked, "revoked").value());
    return *std::move(made);
  }
  std::string sign(const std::string& id, const char* expires) const {
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(parse_rfc3339(expires).value().time_since_epoch());
    return auth::make_signed_token(keys.keys.front(), R"({"sub":"ann","jti":")" + id +
                                                          R"(","exp":)" +
                                                          std::to_string(seconds.count()) +
                                                          R"(,"sse":{"subscribe":["#"]}})")
        .value();
  }

  auth::KeyFile keys =
      auth::parse_key_file(R"({"keys":[{"kty":"oct","alg":"HS256",)"
                           R"("k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U"}]})",
                           "keys", "")
          .value();
};

TEST_CASE("After a renewal the end and the loss of the new token are the session's",
          "[access][session]") {
  const Issuer issuer;
  MemoryHub::Options options;
  options.credentials = issuer.credentials();
  Stage stage(options);
  const auto post = [&](const std::string& token, const std::string& fields = "") {
    return stage.ask("POST /session", "", "", "Authorization: Bearer " + token + "\r\n" + fields);
  };
  const auto cookie = cookie_of(post(issuer.sign("a", "2027-01-15T08:10:00Z")));
  Peer& stream = stage.send("GET /events/watch", "", "", with_cookie(cookie));
  CHECK_THAT(post(issuer.sign("b", "2027-01-15T09:00:00Z"), with_cookie(cookie, kOwn)),
             Contains(" 200 "));
  stage.hub.clock.advance(30min);
  stage.hub.pass(1s);
  stage.hub.parts.replace_credentials(issuer.credentials("jti a\n"));
  stage.hub.settle();
  CHECK_FALSE(was_told(stream, "expired"));
  CHECK_FALSE(was_told(stream, "revoked"));
  stage.hub.parts.replace_credentials(issuer.credentials("jti b\n"));
  stage.hub.settle();
  CHECK(was_told(stream, "revoked"));
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie)), Contains(" 401 "));
}

TEST_CASE("Other rights close the streams of a session as changed, another principal as revoked",
          "[access][session]") {
  Stage stage;
  const auto cookie = log_in(stage, "ci");
  Peer& narrowed = stage.send("GET /events/watch", "", "", with_cookie(cookie));
  stage.hub.parts.replace_credentials(
      credentials(row("ci", "subscribe = [\"ci/web\"]") + row("all", "subscribe = [\"#\"]")));
  stage.hub.settle();
  CHECK(was_told(narrowed, "changed"));
  Peer& stream = stage.send("GET /events/watch", "", "", with_cookie(cookie));
  CHECK_THAT(stream.received(), Contains("SSE-Topics: ci/web"));
  const auto other = stage.ask("POST /session", "all", "", with_cookie(cookie, kOwn));
  CHECK_THAT(other, Contains(" 201 "));
  CHECK(cookie_of(other) != cookie);
  stage.hub.settle();
  CHECK(was_told(stream, "revoked"));
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie)), Contains(" 401 "));
  Peer& last = stage.send("GET /events/watch", "", "", with_cookie(cookie_of(other)));
  stage.hub.parts.replace_credentials(credentials(""));
  stage.hub.settle();
  CHECK(was_told(last, "revoked"));
}

TEST_CASE("A session takes https, or a page of this machine", "[access][session]") {
  const auto post = [](Stage& stage, const std::string& host) {
    Peer& peer = stage.hub.connect();
    peer.send("POST /session HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer " +
              token_of("ci") + "\r\n\r\n");
    stage.hub.settle();
    return std::string(peer.received());
  };
  MemoryHub::Options plain = with(kTokens);
  plain.reach.loopback_only = false;
  Stage open(plain);
  CHECK_THAT(post(open, "hub.example"),
             Contains(" 400 ") && Contains("needs https") && !Contains("Set-Cookie"));
  CHECK_THAT(set_cookie_of(post(open, "127.0.0.1:8089")), Catch::StartsWith("sse-8089=ss_"));
  CHECK_THAT(set_cookie_of(post(open, "[::1]:8089")), Catch::StartsWith("sse-8089=ss_"));
  MemoryHub::Options proxied = plain;
  proxied.public_url = "https://hub.example/live";
  Stage behind(proxied);
  const auto answer = post(behind, "127.0.0.1:8089");
  CHECK_THAT(set_cookie_of(answer), Catch::StartsWith("__Host-sse-443=ss_") &&
                                        Contains("; Path=/") && Contains("; Secure"));
  CHECK_THAT(behind.ask("GET /session", "", "", with_cookie(cookie_of(answer))),
             Contains(R"("principal":"token:ci")"));
}

TEST_CASE("The cookie of a session counts for pages of the hub's own and of named origins alone",
          "[access][session]") {
  MemoryHub::Options options = with(kTokens);
  options.cors_origins = {"https://board.example", "*"};
  Stage stage(options);
  const auto cookie = log_in(stage, "all");
  const auto write = [&](Stage& of, const std::string& fields) {
    return of.ask("POST /events", "", R"({"data":1})", fields);
  };
  CHECK_THAT(write(stage, with_cookie(cookie, kOwn)), Contains(" 201 "));
  CHECK_THAT(write(stage, with_cookie(cookie, "https://board.example")),
             Contains(" 201 ") && Contains("Access-Control-Allow-Origin: https://board.example") &&
                 Contains("Access-Control-Allow-Credentials: true"));
  // `*` lets all pages ask, and none with cookies.
  CHECK_THAT(write(stage, with_cookie(cookie, "https://evil.example")),
             Contains(" 401 ") && Contains("Access-Control-Allow-Origin: *") &&
                 !Contains("Allow-Credentials"));
  // No browser writes without saying for which page.
  CHECK_THAT(write(stage, with_cookie(cookie)), Contains(" 401 "));
  CHECK_THAT(write(stage, with_cookie(cookie, "null")), !Contains(" 201 "));
  CHECK_THAT(stage.ask("DELETE /session", "", "", with_cookie(cookie)), Contains(" 404 "));
  const auto read = [&](const std::string& site) {
    return stage.ask("GET /events", "", "",
                     with_cookie(cookie) + "Sec-Fetch-Site: " + site + "\r\n");
  };
  CHECK_THAT(read("same-origin"), Contains(" 200 "));
  CHECK_THAT(read("none"), Contains(" 200 "));
  CHECK_THAT(read("same-site"), Contains(" 401 "));
  CHECK_THAT(read("cross-site"), Contains(" 401 "));

  // SameSite ignores ports: a page of another port of this machine has the cookie, too.
  Stage usual;
  const auto mine = log_in(usual, "all");
  CHECK_THAT(write(usual, with_cookie(mine, "http://localhost:3000")),
             Contains(" 401 ") && !Contains("Allow-Credentials"));
}

TEST_CASE("A page behind https is the hub's own, and one that came by plain http is not",
          "[access][session]") {
  MemoryHub::Options options = with(kTokens);
  options.public_url = "https://Hub.example:443/live";
  Stage stage(options);
  const auto cookie = log_in(stage, "all");
  const auto write = [&](const std::string& host, const std::string& origin) {
    Peer& peer = stage.hub.connect();
    peer.send("POST /events HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 10\r\n" +
              with_cookie(cookie, origin) + "\r\n{\"data\":1}");
    stage.hub.settle();
    return std::string(peer.received());
  };
  CHECK_THAT(write("localhost", "https://hub.example"), Contains(" 201 "));
  CHECK_THAT(write("hub.example", "https://hub.example"), Contains(" 201 "));
  CHECK_THAT(write("hub.example", "http://hub.example"), Contains(" 401 "));
  CHECK_THAT(write("evil.example", "http://evil.example"), Contains(" 403 "));
}

TEST_CASE("A session is opened by a token, and makes neither sessions nor tickets",
          "[access][session]") {
  Stage stage(kTokens + "[anonymous]\nsubscribe = [\"#\"]\n");
  const auto cookie = log_in(stage, "all");
  CHECK(stage.status("POST /session", "") == 401);
  CHECK_THAT(stage.ask("POST /session", "", "", with_cookie(cookie, kOwn)),
             Contains(" 400 ") && Contains("Authorization: Bearer"));
  CHECK_THAT(stage.ask("POST /tickets", "", "", with_cookie(cookie, kOwn)), Contains(" 403 "));
  // A token beside a cookie is what counts.
  CHECK_THAT(stage.ask("GET /session", "ci", "", with_cookie(cookie)),
             Contains(R"("principal":"token:ci")") && Contains(R"("session":false)"));
  // A session's secret is not a ticket, nor the other way round.
  const auto secret = cookie.substr(cookie.find('=') + 1);
  CHECK(stage.status("GET /events/watch?ticket=" + secret, "") == 401);
}

TEST_CASE("Sessions and tickets share one table", "[access][session][ticket]") {
  MemoryHub::Options options = with(kTokens);
  options.tickets.most = 20;
  Stage stage(options);
  const auto cookie = log_in(stage, "ci");
  const auto other = log_in(stage, "all");
  stage.ask("POST /tickets", "ci");
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie)), Contains(" 200 "));
  stage.ask("POST /tickets", "ci");
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie)), Contains(" 401 "));
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(other)), Contains(" 200 "));
}

TEST_CASE("An answer with a secret is not kept for a key that is repeated",
          "[access][session][ticket]") {
  Stage stage;
  for (const auto* line : {"POST /tickets", "POST /session"}) {
    CAPTURE(line);
    CHECK_THAT(
        stage.ask(line, "ci", "", "Idempotency-Key: \"a\"\r\n"),
        Contains(" 400 ") && Contains("Idempotency-Key") && !Contains("tk_") && !Contains("ss_"));
    CHECK(stage.status(line, "ci") == 201);
  }
}

void check_refused_for_good(const std::string& answer) {
  CHECK_THAT(answer, Contains(" 503 ") && Contains("\r\nRetry-After: ") &&
                         Contains("\r\nConnection: close\r\n"));
}

TEST_CASE("A hub that another process has makes no tickets and ends no sessions",
          "[access][session][ticket][takeover]") {
  Stage stage;
  const auto cookie = log_in(stage, "all");
  // Its head was judged before.
  Peer& half = stage.send("POST /tickets", "ci", "", "Content-Length: 2\r\n");
  stage.hub.parts.let_go();
  half.send("{}");
  stage.hub.settle();
  check_refused_for_good(half.received());
  for (const auto* line : {"POST /tickets", "POST /session", "POST /events"}) {
    CAPTURE(line);
    check_refused_for_good(stage.ask(line, "all"));
  }
  check_refused_for_good(stage.ask("DELETE /session", "", "", with_cookie(cookie, kOwn)));
  CHECK_THAT(stage.ask("GET /session", "", "", with_cookie(cookie)),
             Contains(" 200 ") && Contains("\r\nConnection: close\r\n"));
}

}  // namespace
}  // namespace sse::server
