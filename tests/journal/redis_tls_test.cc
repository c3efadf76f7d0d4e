// TLS to Redis, against a server of OpenSSL that does what the test wants.

#include "sse/journal/redis_tls.h"

#include <poll.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "sse/journal/redis_connection.h"

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "support/tls_material.h"
#include "support/tls_redis.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;
using test::Authority;
using test::CertificateWish;
using test::TlsEnd;
using test::TlsIdentity;
using test::TlsRedis;

constexpr int kTls11 = 0x0302;
constexpr int kTls12 = 0x0303;
constexpr int kTls13 = 0x0304;
constexpr char kNames[] = "DNS:localhost,IP:127.0.0.1";
constexpr char kPing[] = "*1\r\n$4\r\nPING\r\n";
constexpr std::size_t kPingSize = sizeof kPing - 1;

/// An authority, what it has signed for Redis and for a hub, and the files of that.
class Trust {
 public:
  Trust() { write("authorities", authority_.certificate()); }

  const Authority& authority() const { return authority_; }
  TlsIdentity redis(const std::string& names = kNames) const {
    return authority_.issue({.name = "redis", .alternatives = names});
  }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = directory_.file(name);
    test::write_text(path, text);
    REQUIRE(::chmod(path.c_str(), S_IRUSR | S_IWUSR) == 0);
    return path;
  }
  RedisTlsFiles files() const { return {directory_.file("authorities"), {}, {}}; }
  RedisTlsFiles files_with(const TlsIdentity& identity) const {
    return {directory_.file("authorities"), write("hub.pem", identity.certificate),
            write("hub.key", identity.key)};
  }

 private:
  const Authority authority_;
  const test::TemporaryDirectory directory_;
};

Result<RedisConnection> open(const TlsRedis& redis, const RedisTlsFiles& files,
                             const std::string& host = "127.0.0.1",
                             const RedisPatience& patience = {}) {
  return RedisConnection::open({host, redis.port()}, patience, files);
}

void pong(TlsEnd& end) {
  if (!end.shake_hands()) return;
  if (end.read(kPingSize) == kPing) end.write("+PONG\r\n");
}

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
                   pong(end);
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

TEST_CASE("A certificate that is not Redis' at this address, or of no authority, is refused",
          "[cluster][tls]") {
  const Trust trust;
  const Authority other(trust.authority());
  struct Row {
    TlsIdentity identity;
    const char* host;
    const char* why;
  };
  const std::chrono::hours day(24);
  const std::vector<Row> rows{
      {other.issue({.alternatives = kNames}), "127.0.0.1", "unable to get local issuer"},
      {trust.redis("DNS:redis.example"), "localhost", "hostname mismatch"},
      {trust.redis("DNS:localhost"), "127.0.0.1", "IP address mismatch"},
      {trust.redis("IP:127.0.0.2"), "127.0.0.1", "IP address mismatch"},
      {trust.redis("DNS:127.0.0.1"), "127.0.0.1", "IP address mismatch"},
      {trust.redis("DNS:loc*"), "localhost", "hostname mismatch"},
      {trust.authority().issue({.name = "localhost"}), "localhost", "hostname mismatch"},
      {trust.authority().issue({.alternatives = kNames, .valid_until = -std::chrono::minutes(1)}),
       "127.0.0.1", "expired"},
      {trust.authority().issue({.alternatives = kNames, .valid_from = day, .valid_until = 2 * day}),
       "127.0.0.1", "not yet valid"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why, row.host);
    bool is_taken = true;
    TlsRedis redis(row.identity, [&](TlsEnd& end) {
      end.shake_hands();
      is_taken = end.read(1).size() == 1;
    });
    const auto connection = open(redis, trust.files(), row.host);
    redis.finish();
    REQUIRE_FALSE(connection);
    CHECK(connection.error().code == ErrorCode::kForbidden);
    CHECK_THAT(connection.error().text,
               Catch::Contains(std::string(row.host) + ":" + std::to_string(redis.port())) &&
                   Catch::Contains("certificate is refused") && Catch::Contains(row.why));
    CHECK_FALSE(is_taken);
  }
}

/// A variable of the environment, for as long as this is there.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    const char* const before = ::getenv(name);
    if (before != nullptr) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() {
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* const name_;
  std::optional<std::string> before_;
};

TEST_CASE("An authority below another is an anchor", "[cluster][tls]") {
  const Authority root;
  const Authority below(root);
  const Trust trust;
  const TlsIdentity identity = below.issue({.alternatives = kNames});
  TlsRedis redis(identity, pong);
  auto connection = open(redis, {trust.write("below", below.certificate()), {}, {}});
  REQUIRE(connection);
  CHECK(connection->call({"PING"}, {}));
}

TEST_CASE("Authorities of the system count without a file, and not beside one", "[cluster][tls]") {
  const Trust trust;
  const Authority other(trust.authority());
  const auto is_taken = [&](const RedisTlsFiles& files) {
    TlsRedis redis(trust.redis(), pong);
    auto connection = open(redis, files);
    return connection && connection->call({"PING"}, {});
  };
  CHECK_FALSE(is_taken({}));
  const Variable system("SSL_CERT_FILE", trust.files().authorities);
  CHECK(is_taken({}));
  CHECK_FALSE(is_taken({trust.write("other", other.certificate()), {}, {}}));
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

TEST_CASE("A hub shows its certificate to a Redis that asks for one", "[cluster][tls]") {
  const Trust trust;
  const int most = GENERATE(kTls12, kTls13);
  const auto call = [&](const RedisTlsFiles& files) -> Result<RedisReply> {
    TlsRedis redis(trust.redis(), pong,
                   {.most = most, .client_ca = trust.authority().certificate()});
    auto connection = SSE_TRY(open(redis, files));
    return connection.call({"PING"}, {});
  };
  CHECK(call(trust.files_with(trust.authority().issue({.name = "hub"}))));
  const auto none = call(trust.files());
  REQUIRE_FALSE(none);
  CHECK(none.error().code == ErrorCode::kForbidden);
  CHECK_THAT(none.error().text, Catch::Contains("Redis asks for a certificate (--cluster-cert)"));
  const auto other = call(trust.files_with(Authority(trust.authority()).issue({.name = "hub"})));
  REQUIRE_FALSE(other);
  CHECK_THAT(other.error().text, Catch::Contains("may not take this one (--cluster-cert)"));
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
  TlsRedis redis(trust.redis(),
                 [&](TlsEnd& end) {
                   if (!end.shake_hands()) return;
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

TEST_CASE("What one connection fails by does not count for another of the thread",
          "[cluster][tls]") {
  const Trust trust;
  TlsRedis good(trust.redis(), pong);
  TlsRedis bad(trust.redis("DNS:redis.example"), [](TlsEnd& end) { end.shake_hands(); });
  auto connection = open(good, trust.files());
  REQUIRE(connection);
  REQUIRE_FALSE(open(bad, trust.files()));
  REQUIRE_FALSE(RedisTls::check({trust.write("nothing", "nothing"), {}, {}}));
  CHECK(connection->exchange());
  CHECK(connection->call({"PING"}, {}));
}

TEST_CASE("Files that cannot be used are named, each time that they are read", "[cluster][tls]") {
  const Trust trust;
  const TlsIdentity hub = trust.authority().issue({.name = "hub"});
  const RedisTlsFiles good = trust.files_with(hub);
  CHECK(RedisTls::check(good));
  CHECK(RedisTls::check({}));
  const auto why = [](const RedisTlsFiles& files) {
    const auto checked = RedisTls::check(files);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code != ErrorCode::kUnavailable);
    return checked.error().text;
  };
  CHECK_THAT(why({"/nonexistent/ca", {}, {}}), Catch::Contains("/nonexistent/ca: No such file"));
  const std::string empty = trust.write("empty", "");
  CHECK_THAT(why({empty, {}, {}}), Catch::Contains(empty + ": the list of authorities has no"));
  CHECK_THAT(why({good.key, {}, {}}), Catch::Contains("has no certificate"));
  CHECK_THAT(why({{}, good.certificate, empty}), Catch::Contains("not a private key"));
  const std::string other = trust.write("other.key", trust.redis().key);
  CHECK_THAT(why({{}, good.certificate, other}),
             Catch::Contains(good.certificate + " and " + other + ": the key is not that of"));
  REQUIRE(::chmod(good.key.c_str(), 0644) == 0);
  CHECK_THAT(why(good), Catch::Contains(good.key + ": it holds a secret"));
}

TEST_CASE("A connection has the files that are there when it is made", "[cluster][tls]") {
  const Trust trust;
  const Authority next;
  RedisTlsFiles files = trust.files();
  const auto call = [&](const TlsIdentity& identity) {
    TlsRedis redis(identity, pong);
    auto connection = open(redis, files);
    return connection && connection->call({"PING"}, {});
  };
  CHECK(call(trust.redis()));
  const TlsIdentity renewed = next.issue({.alternatives = kNames});
  CHECK_FALSE(call(renewed));
  trust.write("authorities", next.certificate());
  CHECK(call(renewed));
  trust.write("authorities", "-----BEGIN");
  TlsRedis redis(renewed, [](TlsEnd& end) { end.saw_close_notify(); });
  const auto refused = open(redis, files);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().text, Catch::Contains(files.authorities));
}

TEST_CASE("A host that no certificate can name is refused before anything is said",
          "[cluster][tls]") {
  for (const std::string& host : {std::string(), std::string("a\0b", 3)}) {
    const auto made = RedisTls::make(UniqueFd(), {}, host);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ErrorCode::kInvalid);
  }
}

}  // namespace
}  // namespace sse::journal
