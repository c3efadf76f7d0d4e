#include "sse/journal/cluster_options.h"

#include "support/catch.h"

namespace sse::journal {
namespace {

TEST_CASE("The URL of a cluster says where, who and what", "[cluster]") {
  const auto simple = parse_redis_url("redis://redis.example");
  REQUIRE(simple);
  CHECK(to_string(simple->addresses.at(0)) == "redis.example:6379");
  CHECK(simple->name == "sse");
  CHECK(simple->database == 0);

  const auto full = parse_redis_url("redis://hub@a:1,[::1]:2,b/3?sentinel=main&name=plant.7");
  REQUIRE(full);
  CHECK(full->user == "hub");
  REQUIRE(full->addresses.size() == 3);
  CHECK(to_string(full->addresses[0]) == "a:1");
  CHECK(to_string(full->addresses[1]) == "[::1]:2");
  CHECK(to_string(full->addresses[2]) == "b:26379");
  CHECK(full->database == 3);
  CHECK(full->sentinel == "main");
  CHECK(full->name == "plant.7");

  const auto guarded = parse_redis_url("redis://hub@a?sentinel=main&sentinel-user=watcher");
  REQUIRE(guarded);
  CHECK(guarded->user == "hub");
  CHECK(guarded->sentinel_user == "watcher");

  CHECK_FALSE(full->is_secure);
  const auto secure = parse_redis_url("rediss://hub@a:1,b/3?sentinel=main");
  REQUIRE(secure);
  CHECK(secure->is_secure);
  CHECK(to_string(secure->addresses.at(1)) == "b:26379");

  const auto local = parse_redis_url("redis+unix:/run/redis/redis.sock?name=x");
  REQUIRE(local);
  CHECK(to_string(local->addresses.at(0)) == "/run/redis/redis.sock");
  CHECK(local->name == "x");
}

TEST_CASE("Any other URL is refused, with the form that is expected", "[cluster]") {
  for (const char* text : {"",
                           "redis.example:6379",
                           "http://a",
                           "redis://",
                           "redis:///1",
                           "redis://a:0",
                           "redis://a:65536",
                           "redis://a:x",
                           "redis://[::1",
                           "redis://a/x",
                           "redis://a?nmae=x",
                           "redis://a?name=",
                           "redis://a?name={x}",
                           "redis://a,,b",
                           "redis+unix:redis.sock",
                           "redis+unix:/a?sentinel=x",
                           "redis://a?sentinel-user=x",
                           "redis://a?sentinel=x&sentinel-user=",
                           "redis+unix:/a?sentinel-user=x",
                           "rediss:a",
                           "rediss://",
                           "rediss+unix:/a"}) {
    CAPTURE(text);
    const auto read = parse_redis_url(text);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().text, Catch::Contains("redis://"));
  }
  CHECK_THAT(parse_redis_url("redis://u:secret@a").error().text,
             Catch::Contains("--cluster-password-file") && !Catch::Contains("secret"));
  for (const char* text :
       {"rediss://u:secret@h", "valkey://u:secret@h", "redis://u:secret@h?x=1",
        "redis://u:secret@h/x", "redis://u:p?secret@h", "redis://u:p//secret@h,,"}) {
    CAPTURE(text);
    CHECK_THAT(parse_redis_url(text).error().text, !Catch::Contains("secret"));
  }
}

}  // namespace
}  // namespace sse::journal
