// sse-serve --cluster: what is refused, how it waits for Redis, and what two hubs share.

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "sse/base/unique_fd.h"

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/redis_server.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

std::string families_of(const HubProgram& hub) {
  return request(hub.port(), "GET", "/-/metrics").body;
}

/// What is behind `mark` in every place of the text, up to the next space or line end.
std::set<std::string> words_behind(const std::string& text, const std::string& mark) {
  std::set<std::string> words;
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const auto begin = at + mark.size();
    words.insert(text.substr(begin, text.find_first_of(" `\n", begin) - begin));
  }
  return words;
}

TEST_CASE("What cannot be a cluster is refused before anything is served", "[serve][cluster]") {
  const std::string url = "--cluster=redis://127.0.0.1:1";
  CHECK_THAT(end_of({url, "--data-dir=/nonexistent"}).second, Catch::Contains("--data-dir"));
  CHECK(end_of({url, "--data-dir=/nonexistent"}).first == 64);
  CHECK(end_of({"--cluster=redis.example:6379"}).first == 64);
  CHECK(end_of({url, "--cluster-timeout=0"}).first == 64);
  CHECK_THAT(end_of({"--cluster-replicas=1"}).second, Catch::Contains("needs --cluster"));
  CHECK_THAT(end_of({"--cluster-max-bytes=1G"}).second, Catch::Contains("needs --cluster"));
  CHECK_THAT(end_of({"--cluster=redis://u:secret@127.0.0.1"}).second,
             Catch::Contains("--cluster-password-file") && !Catch::Contains("secret"));
  CHECK(end_of({url, "--cluster-password-file=/nonexistent"}).first == 78);
  const std::string sentinel_password = "--cluster-sentinel-password-file=/nonexistent";
  CHECK_THAT(end_of({sentinel_password}).second, Catch::Contains("needs --cluster"));
  CHECK_THAT(end_of({url, sentinel_password}).second, Catch::Contains("needs sentinel=NAME"));
  CHECK(end_of({url + "?sentinel=hub", sentinel_password}).first == 78);
}

TEST_CASE("Files of TLS to Redis need it, go together, and are read before anything is served",
          "[serve][cluster]") {
  const std::string plain = "--cluster=redis://127.0.0.1:1";
  const std::string secure = "--cluster=rediss://127.0.0.1:1";
  const std::string authorities = "--cluster-ca-file=/nonexistent/ca.pem";
  const std::string certificate = "--cluster-cert=/nonexistent/hub.pem";
  const std::string key = "--cluster-key=/nonexistent/hub.key";
  using Words = std::vector<std::string>;
  for (const auto& [words, why] :
       {std::pair<Words, const char*>{{authorities}, "--cluster-ca-file needs --cluster"},
        {{certificate, key}, "--cluster-cert needs --cluster"},
        {{plain, authorities}, "--cluster-ca-file needs rediss:// in --cluster"},
        {{plain, certificate, key}, "--cluster-cert needs rediss:// in --cluster"},
        {{secure, certificate}, "--cluster-cert needs --cluster-key"},
        {{secure, key}, "--cluster-key needs --cluster-cert"}}) {
    CAPTURE(why);
    const auto [status, err] = end_of(words);
    CHECK(status == 64);
    CHECK_THAT(err, Catch::Contains(why));
  }
  for (const auto& [words, file] :
       {std::pair<Words, const char*>{{secure, authorities}, "/nonexistent/ca.pem: No such file"},
        {{secure, certificate, key}, "/nonexistent/hub.pem: No such file"},
        {{secure, certificate, key, "--check-config"}, "/nonexistent/hub.pem: No such file"}}) {
    CAPTURE(file);
    const auto [status, err] = end_of(words);
    CHECK(status == 78);
    CHECK_THAT(err, Catch::Contains(file));
  }
}

TEST_CASE("Without Redis a hub waits, says why, and ends when it is told to", "[serve][cluster]") {
  Program hub({"sse-serve", "--port=0", "--cluster=redis+unix:/nonexistent/redis"});
  hub.wait_for_err("/nonexistent/redis: No such file");
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 0);
  CHECK_THAT(hub.err(), !Catch::Contains("listening"));
}

TEST_CASE("A Redis that loses events by itself, or wants a password, is 78", "[serve][cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  redis.call({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const auto [status, err] = end_of({"--cluster=" + redis.url()});
  CHECK(status == 78);
  CHECK_THAT(err, Catch::Contains("noeviction"));
  redis.call({"CONFIG", "SET", "maxmemory-policy", "noeviction"});

  redis.call({"CONFIG", "SET", "requirepass", "secret"});
  CHECK(end_of({"--cluster=" + redis.url()}).first == 78);
  const TemporaryDirectory directory;
  write_text(directory.file("password"), "secret\n");
  const auto file = "--cluster-password-file=" + directory.file("password");
  CHECK(end_of({"--cluster=" + redis.url(), file}).first == 0);
}

TEST_CASE("A request with a key that is repeated on another hub gets its first answer",
          "[serve][cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  const HubProgram a({"--cluster=" + redis.url()});
  const HubProgram b({"--cluster=" + redis.url()});
  const std::string key = "Content-Type: application/json\r\nIdempotency-Key: k1\r\n";
  const std::string event = R"({"type":"t","data":1})";
  const auto first = request(a.port(), "POST", "/events", event, key);
  REQUIRE(first.status == 201);
  // What a hub gives to the others leaves with its next call at the latest.
  REQUIRE(request(a.port(), "POST", "/events", R"({"type":"t","data":2})").status == 201);
  const auto again = request(b.port(), "POST", "/events", event, key);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK(again.header("SSE-Event-Id") == first.header("SSE-Event-Id"));
  CHECK(again.header("Idempotency-Replayed") == "true");
  CHECK(request(b.port(), "POST", "/events", R"({"type":"u","data":1})", key).status == 422);
  CHECK_THAT(
      request(b.port(), "GET", "/events?since=earliest").body,
      Catch::Contains(std::string(first.header("SSE-Event-Id"))) && !Catch::Contains("\"u\""));

  // In pieces or not: a batch, too.
  const std::string batch = R"([{"type":"t","data":3},{"type":"t","data":4}])";
  const std::string batch_key = "Content-Type: application/json\r\nIdempotency-Key: k2\r\n";
  const auto whole = request(a.port(), "POST", "/events", batch, batch_key);
  REQUIRE(request(a.port(), "POST", "/events", R"({"type":"t","data":5})").status == 201);
  const auto replayed = request(b.port(), "POST", "/events", batch, batch_key);
  CHECK(replayed.status == whole.status);
  CHECK(replayed.body == whole.body);
}

TEST_CASE("A metric has its unit at every hub, also at one that comes later", "[serve][cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  const HubProgram a({"--cluster=" + redis.url()});
  const auto made =
      request(a.port(), "POST", "/metrics", R"({"name":"room","unit":"°C","if_missing":true})");
  REQUIRE(made.status == 201);
  CHECK_THAT(made.body, Catch::EndsWith(R"(,"unit":"°C"})"));
  const HubProgram b({"--cluster=" + redis.url()});
  const auto there =
      request(b.port(), "POST", "/metrics", R"({"name":"room","unit":"K","if_missing":true})");
  CHECK(there.status == 200);
  CHECK(there.body == made.body);
  CHECK(request(b.port(), "GET", "/metrics").body == request(a.port(), "GET", "/metrics").body);
  CHECK_THAT(request(b.port(), "GET", "/metrics").body, Catch::Contains(R"(,"unit":"°C",)"));
}

/// The events of the type `t` in the hub's log.
std::size_t events_of(const HubProgram& hub) {
  const auto all = request(hub.port(), "GET", "/events?since=earliest&type=t").body;
  std::size_t count = 0;
  for (auto at = all.find("\"t\""); at != std::string::npos; at = all.find("\"t\"", at + 1))
    ++count;
  return count;
}

TEST_CASE("A 504 is followed by the answer of what was taken, at the same hub",
          "[serve][cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  const HubProgram hub({"--cluster=" + redis.url(), "--cluster-timeout=100ms"});
  const std::string key = "Content-Type: application/json\r\nIdempotency-Key: k1\r\n";
  const auto post = [&] {
    return request(hub.port(), "POST", "/events", R"({"type":"t","data":1})", key);
  };
  redis.program().signal(SIGSTOP);
  CHECK(post().status == 504);
  CHECK(post().status == 409);  // it may still be told
  redis.program().signal(SIGCONT);
  wait_until([&] { return post().status == 201; }, "the key has its answer");
  CHECK(post().header("Idempotency-Replayed") == "true");
  CHECK(events_of(hub) == 1);
}

TEST_CASE("In a log that was made again a key is known to all hubs", "[serve][cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  HubProgram a({"--cluster=" + redis.url()});
  const std::string lost_key = "Content-Type: application/json\r\nIdempotency-Key: k0\r\n";
  CHECK(request(a.port(), "POST", "/events", R"({"type":"t","data":1})", lost_key).status == 201);
  a.program().signal(SIGSTOP);
  redis.call({"FLUSHALL"});
  const HubProgram b({"--cluster=" + redis.url()});
  a.program().signal(SIGCONT);
  const std::string plain = "Content-Type: application/json\r\n";
  REQUIRE(request(a.port(), "POST", "/events", R"({"type":"u","data":1})", plain).status == 201);
  const std::string key = plain + "Idempotency-Key: k1\r\n";
  const auto first = request(a.port(), "POST", "/events", R"({"type":"t","data":1})", key);
  REQUIRE(first.status == 201);
  REQUIRE(request(a.port(), "POST", "/events", R"({"type":"u","data":1})", plain).status == 201);
  const auto again = request(b.port(), "POST", "/events", R"({"type":"t","data":1})", key);
  CHECK(again.status == 201);
  CHECK(again.header("SSE-Event-Id") == first.header("SSE-Event-Id"));
  CHECK(events_of(b) == 1);
  // What was before is not known: neither hub may take it for new.
  const std::string old = plain + "Idempotency-Key: k2\r\nIdempotency-Key-Age: 300\r\n";
  CHECK(request(a.port(), "POST", "/events", R"({"type":"t","data":1})", old).status == 412);
}

TEST_CASE("A request that a hub has not read yet when its log is lost is done once",
          "[serve][cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  HubProgram a({"--cluster=" + redis.url()});
  const std::string key = "Content-Type: application/json\r\nIdempotency-Key: k1\r\n";
  const std::string event = R"({"type":"t","data":1})";
  a.program().signal(SIGSTOP);
  RawConnection waiting(a.port());
  waiting.send("POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + key +
               "Content-Length: " + std::to_string(event.size()) + "\r\n\r\n" + event);
  redis.call({"FLUSHALL"});
  const HubProgram b({"--cluster=" + redis.url()});  // it makes the log again
  a.program().signal(SIGCONT);
  // 201, or 503: it has learnt of the new log before or after it has read the request.
  waiting.read_all();
  CHECK(request(b.port(), "POST", "/events", event, key).status / 100 == 2);
  CHECK(events_of(b) == 1);
}

TEST_CASE("A hub that waits for a Redis that says nothing ends when it is told to",
          "[serve][cluster]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("redis");
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), at.sun_path);
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  Program hub({"sse-serve", "--port=0", "--cluster=redis+unix:" + path, "--cluster-timeout=1h"});
  const UniqueFd connection(::accept(listener.get(), nullptr, nullptr));
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 0);
}

TEST_CASE("A hub does not wait for a resolver that says nothing", "[serve][cluster]") {
  Program hub(
      {"sse-serve", "--port=0", "--cluster=redis://redis.example", "--cluster-timeout=100ms"},
      {{"LD_PRELOAD=" SSE_STUCK_RESOLVER, "ASAN_OPTIONS=verify_asan_link_order=0"}, false, ""});
  hub.wait_for_err("redis.example: the resolver does not answer");
  hub.signal(SIGTERM);
  CHECK(hub.wait() == 0);
}

TEST_CASE("Metrics that are made on one hub are there on the others", "[serve][cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  const HubProgram a({"--cluster=" + redis.url()});
  const HubProgram b({"--cluster=" + redis.url()});
  const auto made = request(a.port(), "POST", "/metrics", R"({"name":"cpu"})");
  REQUIRE(made.status == 201);
  wait_until(
      [&] { return request(b.port(), "GET", "/metrics").body.find("cpu") != std::string::npos; },
      "the other hub has the metric");
  CHECK(request(a.port(), "GET", "/metrics").body == request(b.port(), "GET", "/metrics").body);
  const HubProgram later({"--cluster=" + redis.url()});
  CHECK(request(a.port(), "GET", "/metrics").body == request(later.port(), "GET", "/metrics").body);
}

TEST_CASE("The page for operators lists every family of a cluster", "[serve][cluster]") {
  if (!has_redis()) return;
  RedisServer redis;
  const HubProgram hub({"--cluster=" + redis.url()});
  std::ifstream page(SSE_SOURCE_DIR "/docs/operations.md");
  std::stringstream text;
  text << page.rdbuf();
  CHECK(words_behind(text.str(), "\n| `sse_cluster_") ==
        words_behind(families_of(hub), "# TYPE sse_cluster_"));
  CHECK_THAT(families_of(hub), Catch::Contains("\nsse_cluster_up 1\n"));
}

}  // namespace
}  // namespace sse::test
