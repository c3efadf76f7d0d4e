// TLS to Redis, against a server of OpenSSL that does what the test wants.

#include "sse/journal/redis_tls.h"

#include <poll.h>

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "journal/tls_stage.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;
using test::kPing;
using test::kPingSize;
using test::open;
using test::TlsEnd;
using test::TlsRedis;
using test::Trust;

constexpr int kTls11 = 0x0302;
constexpr int kTls12 = 0x0303;
constexpr int kTls13 = 0x0304;

/// Waits until the connection has ended, and says why. What comes meanwhile goes to `replies`.
Error end_of(RedisConnection& connection, std::vector<RedisReply>& replies) {
  while (true) {
    auto reply = connection.wait({});
    if (!reply) return reply.error();
    replies.push_back(*reply);
  }
}

TEST_CASE("Requests and replies go over TLS 1.2 and 1.3, and the end is told", "[cluster][tls]") {
  const Trust trust;
  const auto [most, version] = GENERATE(std::pair(kTls12, "TLSv1.2"), std::pair(kTls13, "TLSv1.3"));
  const auto [host, name] =
      GENERATE(std::pair("localhost", "localhost"), std::pair("127.0.0.1", ""));
  std::string told_version;
  std::string told_name;
  bool has_told_end = false;
  TlsRedis redis(trust.redis(),
                 [&](TlsEnd& end) {
                   test::pong(end);
                   told_version = end.version();
                   told_name = end.server_name();
                   has_told_end = end.saw_close_notify();
                 },
                 {.most = most});
  {
    auto connection = open(redis, trust.files(), host);
    REQUIRE(connection);
    CHECK(connection->is_open());
    const auto reply = connection->call({"PING"}, {});
    REQUIRE(reply);
    CHECK(reply->text == "PONG");
  }
  redis.finish();
  CHECK(told_version == version);
  CHECK(told_name == name);
  CHECK(has_told_end);
}

TEST_CASE("Neither TLS 1.1 nor ciphers without forward secrecy are spoken", "[cluster][tls]") {
  const Trust trust;
  const auto wish =
      GENERATE(test::TlsRedisWish{.most = kTls11},
               test::TlsRedisWish{.most = kTls12, .ciphers = "AES128-GCM-SHA256"},
               test::TlsRedisWish{.most = kTls12, .ciphers = "ECDHE-ECDSA-AES128-SHA"});
  TlsRedis redis(
      trust.redis(), [](TlsEnd& end) { end.shake_hands(); }, wish);
  const auto connection = open(redis, trust.files());
  REQUIRE_FALSE(connection);
  CHECK_THAT(connection.error().text, Catch::Contains("Redis refuses this hub: "));
}

TEST_CASE("What does not shake hands is named, within the patience", "[cluster][tls]") {
  const Trust trust;
  SECTION("It says something else") {
    TlsRedis redis(trust.redis(), [](TlsEnd& end) { end.write_plain("-ERR unknown command\r\n"); });
    const auto connection = open(redis, trust.files());
    REQUIRE_FALSE(connection);
    CHECK(connection.error().code == ErrorCode::kUnavailable);
    CHECK_THAT(connection.error().text, Catch::Contains("does not speak TLS"));
  }
  SECTION("It hangs up") {
    TlsRedis redis(trust.redis(), [](TlsEnd& end) { end.reset(); });
    const auto connection = open(redis, trust.files());
    REQUIRE_FALSE(connection);
    CHECK(connection.error().code == ErrorCode::kUnavailable);
    CHECK_THAT(connection.error().text, Catch::Contains("onnection reset"));
  }
  SECTION("It says nothing") {
    std::optional<Result<RedisConnection>> connection;
    int asked = 0;
    TlsRedis redis(trust.redis(), [](TlsEnd& end) { end.ignore(); });
    connection = open(redis, trust.files(), "127.0.0.1", {milliseconds(30)});
    REQUIRE_FALSE(*connection);
    CHECK(connection->error().code == ErrorCode::kUnavailable);
    CHECK_THAT(connection->error().text, Catch::Contains("does not answer the TLS handshake"));
    redis.finish();
    TlsRedis again(trust.redis(), [](TlsEnd& end) { end.ignore(); });
    connection = open(again, trust.files(), "127.0.0.1",
                      {std::chrono::hours(1), [&] { return ++asked < 3; }});
    REQUIRE_FALSE(*connection);
    CHECK_THAT(connection->error().text, Catch::Contains("the hub stops"));
  }
}

TEST_CASE("A large batch leaves in pieces, with new keys in between, and waits without spinning",
          "[cluster][tls]") {
  const Trust trust;
  const int most = GENERATE(kTls12, kTls13);
  const std::string large(std::size_t{6} << 20U, 'x');
  const std::string head = "*2\r\n$4\r\nECHO\r\n$" + std::to_string(large.size()) + "\r\n";
  std::string heard;
  std::promise<void> may_read;  // once the socket is full
  TlsRedis redis(trust.redis(),
                 [&](TlsEnd& end) {
                   if (!end.shake_hands()) return;
                   may_read.get_future().wait_for(std::chrono::seconds(10));
                   for (int i = 0; i < 20; ++i) {
                     heard += end.read(100'000);
                     if (most == kTls13) end.update_keys();
                     end.write(":" + std::to_string(i) + "\r\n");
                   }
                   heard += end.read(head.size() + large.size() + 2 + kPingSize - heard.size());
                   end.write("+PONG\r\n");
                   end.saw_close_notify();
                 },
                 {.most = most, .send_buffer = 4'096});
  auto connection = open(redis, trust.files());
  REQUIRE(connection);
  connection->send({"ECHO", large});
  CHECK((connection->wanted_events() & POLLOUT) != 0);
  connection->send({"PING"});  // behind a record that waits; the buffer has moved
  may_read.set_value();
  std::vector<RedisReply> replies;
  int turns = 0;
  while (replies.empty() || replies.back().text != "PONG") {
    pollfd one{connection->fd(), connection->wanted_events(), 0};
    REQUIRE(::poll(&one, 1, 10'000) == 1);
    ++turns;
    const auto exchanged = connection->exchange();
    INFO((exchanged ? "" : exchanged.error().text));
    REQUIRE(exchanged);
    while (auto reply = *connection->next()) replies.push_back(*std::move(reply));
  }
  CHECK((connection->wanted_events() & POLLOUT) == 0);
  CHECK(replies.size() == 21);
  // Each turn takes a record, or makes room for one, at least.
  CHECK(turns < 5'000);
  connection = RedisConnection();
  redis.finish();
  CHECK(heard == head + large + "\r\n" + kPing);
}

TEST_CASE("Of a long reply nothing stays behind where poll() does not see it", "[cluster][tls]") {
  const Trust trust;
  const std::string large((std::size_t{9} << 20U) + 5, 'y');
  TlsRedis redis(trust.redis(), [&](TlsEnd& end) {
    if (!end.shake_hands()) return;
    end.write("$" + std::to_string(large.size()) + "\r\n" + large + "\r\n");
    end.saw_close_notify();
  });
  auto connection = open(redis, trust.files());
  REQUIRE(connection);
  std::optional<RedisReply> reply;
  while (!reply) {
    pollfd one{connection->fd(), connection->wanted_events(), 0};
    REQUIRE(::poll(&one, 1, 10'000) == 1);
    REQUIRE(connection->exchange());
    reply = *connection->next();
  }
  CHECK(reply->text == large);
}

TEST_CASE("A Redis that asks for another handshake is told no, and goes on", "[cluster][tls]") {
  const Trust trust;
  TlsRedis redis(trust.redis(),
                 [](TlsEnd& end) {
                   if (!end.shake_hands() || !end.renegotiate()) return;
                   end.write("+PONG\r\n");
                   end.saw_close_notify();
                 },
                 {.most = kTls12});
  auto connection = open(redis, trust.files());
  REQUIRE(connection);
  const auto reply = connection->wait({});
  REQUIRE(reply);
  CHECK(reply->text == "PONG");
}

TEST_CASE("What Redis said before any kind of end is read, then the end", "[cluster][tls]") {
  const Trust trust;
  const std::string how = GENERATE("close_notify", "end", "reset", "plain bytes");
  CAPTURE(how);
  TlsRedis redis(trust.redis(), [&](TlsEnd& end) {
    if (!end.shake_hands()) return;
    end.write("-ERR max number of clients reached\r\n+half a rep");
    if (end.read(kPingSize) != kPing) return;
    if (how == "close_notify") end.close_notify();
    if (how == "reset") end.reset();
    if (how == "plain bytes") end.write_plain("+OK\r\n");
  });
  auto connection = open(redis, trust.files());
  REQUIRE(connection);
  connection->send({"PING"});
  std::vector<RedisReply> replies;
  const Error why = end_of(*connection, replies);
  CHECK(why.code == ErrorCode::kUnavailable);
  CHECK_THAT(why.text, Catch::Contains("the connection to Redis has ended: "));
  // A reset takes with it what the kernel has not handed out yet.
  REQUIRE(replies.size() == (how == "reset" && replies.empty() ? 0 : 1));
  if (!replies.empty()) CHECK(replies[0].is_error("ERR"));
  redis.finish();
  // What is sent now meets a socket that has ended; the program goes on.
  for (int i = 0; i < 3; ++i) {
    connection->send({"PING"});
    CHECK_FALSE(connection->exchange());
  }
}

}  // namespace
}  // namespace sse::journal
