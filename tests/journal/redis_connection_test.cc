// Redis's protocol over a connection, against a Redis in memory that says what the test wants.

#include "sse/journal/redis_connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "support/catch.h"

namespace sse::journal {
namespace {

using Kind = RedisReply::Kind;
using std::chrono::milliseconds;

/// The other end of a connection.
class ScriptedRedis {
 public:
  ScriptedRedis() {
    int ends[2] = {-1, -1};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    connection = RedisConnection(UniqueFd(ends[0]));
    end_ = UniqueFd(ends[1]);
  }

  void say(std::string_view text) {
    REQUIRE(::write(end_.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  std::string heard() {
    std::string text(4'096, '\0');
    const ssize_t got = ::recv(end_.get(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }
  void hang_up() { end_.reset(); }

  RedisConnection connection;

 private:
  UniqueFd end_;
};

TEST_CASE("A request is an array of bulk strings, whatever bytes are in it", "[cluster][redis]") {
  ScriptedRedis redis;
  redis.connection.send({"SET", std::string_view("a\0b", 3), ""});
  CHECK(redis.heard() == std::string("*3\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n", 28));
}

TEST_CASE("Replies of every kind are read, in any pieces", "[cluster][redis]") {
  ScriptedRedis redis;
  const std::string all =
      "+OK\r\n:-7\r\n$5\r\na\r\nbc\r\n$-1\r\n*2\r\n$1\r\nx\r\n*1\r\n:1\r\n-READONLY no\r\n*-1\r\n";
  std::vector<RedisReply> replies;
  const auto piece = GENERATE(std::size_t{1}, std::size_t{3}, std::size_t{1'000});
  for (std::size_t at = 0; at < all.size(); at += piece) {
    redis.say(std::string_view(all).substr(at, piece));
    REQUIRE(redis.connection.exchange());
    while (auto reply = *redis.connection.next()) replies.push_back(*reply);
  }
  REQUIRE(replies.size() == 7);
  CHECK(replies[0].text == "OK");
  CHECK(replies[1].integer == -7);
  CHECK(replies[2].text == "a\r\nbc");
  CHECK(replies[3].kind == Kind::kNil);
  CHECK(replies[4].at(0).text == "x");
  CHECK(replies[4].at(1).at(0).integer == 1);
  CHECK(replies[4].at(9).kind == Kind::kNil);
  CHECK(replies[5].is_error("READONLY"));
  CHECK_FALSE(replies[5].is_error("READ"));
  CHECK(replies[6].kind == Kind::kNil);
}

TEST_CASE("A call waits for its reply, and no longer than it may", "[cluster][redis]") {
  ScriptedRedis redis;
  redis.say("+PONG\r\n");
  const auto reply = redis.connection.call({"PING"}, {});
  REQUIRE(reply);
  CHECK(reply->text == "PONG");
  const auto late = redis.connection.call({"PING"}, {milliseconds(1)});
  REQUIRE_FALSE(late);
  CHECK(late.error().code == ErrorCode::kUnavailable);
  int asked = 0;
  const auto stopped = redis.connection.wait({std::chrono::hours(1), [&] { return ++asked < 3; }});
  REQUIRE_FALSE(stopped);
  CHECK(asked == 3);
}

TEST_CASE("What Redis said before it hung up is read, then its end", "[cluster][redis]") {
  ScriptedRedis redis;
  redis.say("-NOAUTH who are you\r\n");
  redis.hang_up();
  const auto reply = redis.connection.call({"PING"}, {});
  REQUIRE(reply);
  CHECK(reply->is_error("NOAUTH"));
  const auto end = redis.connection.wait({});
  REQUIRE_FALSE(end);
  CHECK(end.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("Bytes that are not Redis's protocol end the connection", "[cluster][redis]") {
  ScriptedRedis redis;
  redis.say("HTTP/1.1 400 Bad Request\r\n\r\n");
  const auto reply = redis.connection.wait({});
  REQUIRE_FALSE(reply);
  CHECK(reply.error().code == ErrorCode::kInvalid);
}

TEST_CASE("A request that the socket does not take at once is sent in pieces", "[cluster][redis]") {
  ScriptedRedis redis;
  const std::string large(4U << 20U, 'x');
  redis.connection.send({"SET", "k", large});
  CHECK((redis.connection.wanted_events() & 4) != 0);  // POLLOUT
  std::string all;
  while (all.size() < large.size()) {
    const auto more = redis.heard();
    REQUIRE((!more.empty() || redis.connection.exchange()));
    all += more;
  }
  while (true) {
    REQUIRE(redis.connection.exchange());
    const auto more = redis.heard();
    if (more.empty()) break;
    all += more;
  }
  CHECK(all.ends_with("xxx\r\n"));
  CHECK((redis.connection.wanted_events() & 4) == 0);
}

}  // namespace
}  // namespace sse::journal
