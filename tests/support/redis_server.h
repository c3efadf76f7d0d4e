#pragma once

/// \file
/// A redis-server of a test's own: on a Unix socket, with nothing on the disk unless that is asked
/// for.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "sse/base/random.h"
#include "sse/journal/redis_connection.h"

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {

/// Where there is no redis-server, tests that need one are left out, and say so.
inline bool has_redis() {
  static const bool is_there = [] {
    const bool found = ::system("command -v redis-server >/dev/null") == 0;
    if (!found) std::fputs("SKIPPED: redis-server is not installed\n", stderr);
    return found;
  }();
  return is_there;
}

/// Ready when this returns. Ends with the object.
class RedisServer {
 public:
  /// `options`: of its command line, as `--appendonly yes`.
  explicit RedisServer(std::vector<std::string> options = {}) : options_(std::move(options)) {
    start();
  }

  const std::string& socket() const { return socket_; }
  std::string url(const std::string& name = "sse") const {
    return "redis+unix:" + socket_ + "?name=" + name;
  }
  Program& program() { return *program_; }

  void start() {
    std::vector<std::string> arguments{
        "redis-server",    "--port", "0", "--unixsocket", socket_, "--dir",
        directory_.path(), "--save", "",  "--daemonize",  "no"};
    arguments.insert(arguments.end(), options_.begin(), options_.end());
    program_ = std::make_unique<Program>(arguments);
    wait_until([this] { return answers(); }, "redis-server answers");
  }
  /// As `kill -9`.
  void kill() {
    program_->signal(9);
    program_->wait();
  }
  void restart() {
    kill();
    start();
  }

  /// One request over a connection of its own; an error of Redis is a reply.
  journal::RedisReply call(const std::vector<std::string>& request) {
    auto connection = journal::RedisConnection::open({socket_, 0}, {});
    REQUIRE(connection);
    const std::vector<std::string_view> arguments(request.begin(), request.end());
    auto reply = connection->call(arguments, {});
    REQUIRE(reply);
    return *std::move(reply);
  }

 private:
  bool answers() {
    if (program_->has_ended()) FAIL("redis-server has ended: " << program_->out());
    auto connection = journal::RedisConnection::open({socket_, 0}, {});
    if (!connection) return false;
    const auto reply = connection->call({"PING"}, {});
    return reply && reply->text == "PONG";
  }

  const std::vector<std::string> options_;
  const TemporaryDirectory directory_;
  const std::string socket_ = directory_.file("redis");
  std::unique_ptr<Program> program_;
};

}  // namespace sse::test
