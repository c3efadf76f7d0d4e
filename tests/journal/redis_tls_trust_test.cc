// Whom TLS to Redis trusts, and what it shows of itself: certificates and their files.

#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/journal/redis_tls.h"

#include "journal/tls_stage.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using test::Authority;
using test::kTlsNames;
using test::open;
using test::pong;
using test::TlsEnd;
using test::TlsIdentity;
using test::TlsRedis;
using test::Trust;

constexpr int kTls12 = 0x0303;
constexpr int kTls13 = 0x0304;

TEST_CASE("A certificate that is not Redis' at this address, or of no authority, is refused",
          "[cluster][tls]") {
  const Trust trust;
  const auto other = std::make_unique<Authority>(trust.authority());
  struct Row {
    TlsIdentity identity;
    const char* host;
    const char* why;
  };
  const std::chrono::hours day(24);
  const std::vector<Row> rows{
      {other->issue({.alternatives = kTlsNames}), "127.0.0.1", "unable to get local issuer"},
      {trust.redis("DNS:redis.example"), "localhost", "hostname mismatch"},
      {trust.redis("DNS:localhost"), "127.0.0.1", "IP address mismatch"},
      {trust.redis("IP:127.0.0.2"), "127.0.0.1", "IP address mismatch"},
      {trust.redis("DNS:127.0.0.1"), "127.0.0.1", "IP address mismatch"},
      {trust.redis("DNS:loc*"), "localhost", "hostname mismatch"},
      {trust.authority().issue({.name = "localhost"}), "localhost", "hostname mismatch"},
      {trust.authority().issue(
           {.alternatives = kTlsNames, .valid_until = -std::chrono::minutes(1)}),
       "127.0.0.1", "expired"},
      {trust.authority().issue(
           {.alternatives = kTlsNames, .valid_from = day, .valid_until = 2 * day}),
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
  const auto below = std::make_unique<Authority>(root);
  const Trust trust;
  const TlsIdentity identity = below->issue({.alternatives = kTlsNames});
  TlsRedis redis(identity, pong);
  auto connection = open(redis, {trust.write("below", below->certificate()), {}, {}});
  REQUIRE(connection);
  CHECK(connection->call({"PING"}, {}));
}

TEST_CASE("Authorities of the system count without a file, and not beside one", "[cluster][tls]") {
  const Trust trust;
  const auto other = std::make_unique<Authority>(trust.authority());
  const auto is_taken = [&](const RedisTlsFiles& files) {
    TlsRedis redis(trust.redis(), pong);
    auto connection = open(redis, files);
    return connection && connection->call({"PING"}, {});
  };
  CHECK_FALSE(is_taken({}));
  const Variable system("SSL_CERT_FILE", trust.files().authorities);
  CHECK(is_taken({}));
  CHECK_FALSE(is_taken({trust.write("other", other->certificate()), {}, {}}));
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
  const TlsIdentity renewed = next.issue({.alternatives = kTlsNames});
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
