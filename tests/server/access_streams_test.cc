// How streams end with their credential, and how often they may be opened.

#include <string>
#include <string_view>

#include "sse/auth/base64url.h"
#include "sse/auth/key_file.h"

#include "server/access_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A stream is listed with its id and its principal, and can be closed by both",
          "[access]") {
  Stage stage;
  Peer& first = stage.send("GET /events/watch", "ci");
  Peer& second = stage.send("GET /events/watch", "ci");
  Peer& other = stage.send("GET /events/watch", "all");
  const auto listed = stage.ask("GET /-/streams", "boss");
  CHECK_THAT(listed,
             Contains(R"("principal":"token:ci")") && Contains(R"("principal":"token:all")"));
  const auto at = listed.find(R"({"id":")");
  REQUIRE(at != std::string::npos);
  const std::string id = listed.substr(at + 7, 16);
  CHECK(stage.status("DELETE /-/streams/" + id, "ci") == 403);
  CHECK_THAT(stage.ask("DELETE /-/streams/" + id, "boss"), Contains(R"({"closed":1})"));
  CHECK(stage.hub.hub.stream_count() == 2);
  CHECK(stage.status("DELETE /-/streams/" + id, "boss") == 404);
  CHECK_THAT(stage.ask("DELETE /-/streams?principal=token:ci", "boss"), Contains(R"("closed":)"));
  CHECK(was_told(first, "closed"));
  CHECK(was_told(second, "closed"));
  stage.ask("DELETE /-/streams?principal=token:all", "boss");
  CHECK(was_told(other, "closed"));
  CHECK(stage.hub.hub.stream_count() == 0);
  CHECK(stage.status("DELETE /-/streams", "boss") == 400);
}

TEST_CASE("A stream ends with its credential, by the clock that no operator sets", "[access]") {
  Stage stage;
  Peer& soon = stage.send("GET /events/watch", "soon");
  Peer& ci = stage.send("GET /events/watch", "ci");
  stage.hub.clock.jump_wall(365 * 24h);
  stage.hub.pass(2s);
  CHECK_FALSE(was_told(soon, "expired"));
  CHECK(stage.status("GET /events", "soon") == 401);  // new requests are judged by the new clock
  stage.hub.pass(60s);
  CHECK(was_told(soon, "expired"));
  CHECK_FALSE(was_told(ci, "expired"));
  CHECK(stage.hub.hub.counts().closed_for(hub::CloseReason::kExpired) == 1);
}

TEST_CASE("A reload closes streams whose token is gone, changed or another, and no other",
          "[access]") {
  Stage stage;
  Peer& ci = stage.send("GET /events/watch", "ci");
  Peer& all = stage.send("GET /events/watch", "all");
  Peer& boss = stage.send("GET /events/watch", "boss");
  stage.hub.parts.replace_credentials(
      credentials(row("ci", "publish = [\"ci/#\"]\nsubscribe = [\"ci/web\"]") +
                  row("boss", "permissions = [\"admin\"]\nsubscribe = [\"#\"]")));
  stage.hub.settle();
  CHECK(was_told(ci, "changed"));
  CHECK(was_told(all, "revoked"));
  CHECK(stage.hub.hub.stream_count() == 1);
  stage.publish("x", "still here");
  CHECK_THAT(test::read_stream(boss.received()).text, Contains("still here"));
  CHECK(stage.status("GET /events", "all") == 401);
  // An emptied file never opens the hub.
  stage.hub.parts.replace_credentials(credentials(""));
  stage.hub.settle();
  CHECK(was_told(boss, "revoked"));
  CHECK(stage.status("GET /events", "") == 401);
}

TEST_CASE("A right that is lost while replaying brings not one further event of its topic",
          "[access]") {
  Stage stage;
  for (int i = 0; i < 200; ++i) stage.publish("ci/web", std::string(10'000, 'x'));
  stage.publish("ci/web", "the last one");
  Peer& peer = stage.hub.connect();
  peer.set_room(100'000);
  peer.send(
      "GET /events/watch?since=earliest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
      token_of("ci") + "\r\n\r\n");
  stage.hub.settle();
  REQUIRE_FALSE(peer.received().empty());
  stage.hub.parts.replace_credentials(credentials(row("ci", "subscribe = [\"other\"]")));
  peer.set_room(test::kUnlimited);
  stage.hub.settle();
  CHECK(peer.received().size() < 120'000);
  CHECK_THAT(peer.received(), !Contains("the last one"));
  CHECK(peer.saw_end());
}

TEST_CASE("What is revoked counts no more, and its streams end", "[access]") {
  Stage stage;
  Peer& ci = stage.send("GET /events/watch", "ci");
  stage.hub.parts.replace_credentials(credentials(kTokens, "# all of it\nid token:ci\n"));
  stage.hub.settle();
  CHECK(was_told(ci, "revoked"));
  CHECK_THAT(stage.ask("GET /events", "ci"), Contains(" 401 ") && Contains("revoked"));
}

TEST_CASE("What is revoked ends its waiting polls, and cuts its answers on their way", "[access]") {
  Stage stage;
  for (int i = 0; i < 200; ++i) stage.publish("ci/web", std::string(10'000, 'x'));
  stage.publish("ci/web", "the last one");
  Peer& waiting = stage.send("GET /events?since=latest&wait=30s", "ci");
  Peer& other = stage.send("GET /events?since=latest&wait=30s", "all");
  CHECK(waiting.received().empty());
  Peer& reading = stage.hub.connect();
  reading.set_room(100'000);
  reading.send("GET /events?since=earliest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " +
               token_of("ci") + "\r\n\r\n");
  stage.hub.settle();
  REQUIRE_THAT(reading.received(), Contains(" 200 "));
  stage.hub.parts.replace_credentials(credentials(kTokens, "id token:ci\n"));
  stage.hub.settle();
  CHECK_THAT(waiting.received(), Contains(" 401 "));
  CHECK(other.received().empty());
  reading.set_room(test::kUnlimited);
  stage.hub.settle();
  CHECK_THAT(reading.received(), !Contains("the last one"));
  CHECK(reading.saw_end());
}

TEST_CASE("Publishing too often is refused with the time to wait, and a repeat costs nothing",
          "[access][rate]") {
  MemoryHub::Options options = with(row("a", "publish = [\"#\"]\nrate = \"1/s\""));
  Stage stage(options);
  const std::string key = "Idempotency-Key: k\r\n";
  const std::string body = R"([{"data":1},{"data":2},{"data":3}])";
  CHECK_THAT(stage.ask("POST /events", "a", body, key), Contains(R"("accepted":3)"));
  CHECK_THAT(stage.ask("POST /events", "a", body, key), Contains("Idempotency-Replayed: true"));
  const auto head = stage.hub.log.head();
  CHECK_THAT(stage.ask("POST /events", "a", R"({"data":4})", "Idempotency-Key: l\r\n"),
             Contains(" 429 ") && Contains("Retry-After: 3\r\n"));
  CHECK(stage.hub.log.head() == head);
  stage.hub.pass(3s);
  // The key was not used up by a refusal.
  CHECK_THAT(stage.ask("POST /events", "a", R"({"data":4})", "Idempotency-Key: l\r\n"),
             Contains(" 201 "));
}

TEST_CASE("An EventSource behind too many bad tokens is told to stay away, and comes back",
          "[access][rate]") {
  const auto keys =
      auth::parse_key_file(R"({"keys":[{"kty":"oct","alg":"HS256","k":")" +
                               auth::base64url("secretsecretsecretsecretsecretse") + R"("}]})",
                           "keys.json", "");
  MemoryHub::Options options;
  options.credentials =
      auth::Credentials::make(nullptr, auth::JwsVerifier::make(keys->keys).value(), {}).value();
  Stage stage(options);
  const auto watch = [&](const std::string& more) {
    const std::string token =
        auth::base64url(R"({"alg":"HS256"})") + ".e30." + auth::base64url(std::string(32, 'x'));
    return stage.ask("GET /events/watch", "", "", "Authorization: Bearer " + token + "\r\n" + more);
  };
  for (int i = 0; i < 30; ++i) REQUIRE_THAT(watch(""), Contains(" 401 "));
  CHECK_THAT(watch(""), Contains(" 429 ") && Contains("Retry-After: ") &&
                            Contains("SSE-Refused: rate") && Contains("too many bad tokens"));
  CHECK_THAT(watch("Accept: text/event-stream\r\n"),
             Contains(" 200 ") && Contains("Content-Type: text/event-stream") &&
                 Contains("SSE-Refused: rate") && Contains("retry: ") &&
                 Contains("too many bad tokens"));
}

TEST_CASE("An EventSource that opens streams too often is told as by a full hub",
          "[access][rate]") {
  MemoryHub::Options options =
      with(row("a", "subscribe = [\"#\"]") + row("boss", "permissions = [\"admin\"]"));
  options.rates.open = 1;
  options.max_per_token = 2;
  Stage stage(options);
  Peer& first = stage.send("GET /events/watch", "a");
  const auto again = stage.ask("GET /events/watch", "a", "", "Accept: text/event-stream\r\n");
  CHECK_THAT(again, Contains(" 200 ") && Contains("SSE-Refused: rate") && Contains("retry: "));
  CHECK_THAT(stage.ask("GET /events/watch", "a"),
             Contains(" 429 ") && Contains("SSE-Refused: rate") && Contains("Retry-After: "));
  stage.hub.pass(1s);
  stage.send("GET /events/watch", "a");
  stage.hub.pass(1s);
  CHECK_THAT(stage.ask("GET /events/watch", "a"),
             Contains(" 503 ") && Contains("SSE-Refused: full") && Contains("--max-per-token"));
  first.reset();
  stage.hub.pass(2s);
  CHECK_THAT(stage.ask("GET /events/watch", "a"), Contains(" 200 "));
  const auto series = stage.ask("GET /-/metrics", "boss");
  CHECK_THAT(series, Contains("sse_rate_refused_total{limit=\"publish\"} 0\n") &&
                         Contains("sse_rate_refused_total{limit=\"open\"} 2\n") &&
                         Contains("sse_rate_refused_total{limit=\"token\"} 1\n") &&
                         Contains("sse_rate_keys 1\n"));
}

}  // namespace
}  // namespace sse::server
