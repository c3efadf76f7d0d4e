#pragma once

/// \file
/// A way to a redis-server that can lose entries, and fail at a request that a test chooses.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "sse/base/unique_fd.h"

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::test {

/// Thread-safe. One thread of its own. A redis-server that a test starts later inherits none of its
/// sockets: a node would not see their end.
class RedisProxy {
 public:
  enum class Fate : std::uint8_t {
    kForward,
    kHangUp,         ///< the engine does not get it
    kForwardHangUp,  ///< the engine carries it out, and its reply is lost
    kBusy,           ///< it is answered as by an engine that runs a script for too long
  };

  /// `server`: the path of its socket.
  explicit RedisProxy(std::string server) : server_(std::move(server)) {
    const auto at = address_of(path_);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~RedisProxy() {
    is_over_ = true;
    thread_.join();
  }
  RedisProxy(const RedisProxy&) = delete;
  RedisProxy& operator=(const RedisProxy&) = delete;

  std::string url() const { return "redis+unix:" + path_; }

  /// From now on nothing arrives that the engine says to the connections which have asked for
  /// entries. Those that are made later are not meant.
  void lose_entries() {
    const std::lock_guard lock(mutex_);
    for (Pair& pair : pairs_) pair.is_lost = pair.has_asked_entries;
  }

  /// Asks `judge` about each piece of what nodes send, which is a request or some. On the proxy's
  /// thread.
  void judge_requests(std::function<Fate(std::string_view)> judge) {
    const std::lock_guard lock(mutex_);
    judge_ = std::move(judge);
  }

 private:
  struct Pair {
    UniqueFd node;
    UniqueFd server;
    bool has_asked_entries = false;
    bool is_lost = false;
  };
  enum class Got : std::uint8_t { kNothing, kBytes, kEnd };

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), at.sun_path);
    return at;
  }
  static UniqueFd make_socket() {
    return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  }

  void run() {
    while (!is_over_) {
      std::vector<pollfd> fds{{listener_.get(), POLLIN, 0}};
      for (const Pair& pair : pairs_) {
        fds.push_back({pair.node.get(), POLLIN, 0});
        fds.push_back({pair.server.get(), POLLIN, 0});
      }
      ::poll(fds.data(), fds.size(), 10);
      const std::lock_guard lock(mutex_);
      if (fds.front().revents != 0) accept_one();
      std::erase_if(pairs_, [this](Pair& pair) { return !forward(pair); });
    }
  }

  void accept_one() {
    UniqueFd node(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    UniqueFd server = make_socket();
    const auto at = address_of(server_);
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return;
    pairs_.push_back({std::move(node), std::move(server)});
  }

  /// False: the connection has ended.
  bool forward(Pair& pair) {
    const Got asked = receive(pair.node);
    if (asked == Got::kEnd || (asked == Got::kBytes && !forward_request(pair))) return false;
    const Got said = receive(pair.server);
    return said != Got::kEnd && (said == Got::kNothing || pair.is_lost || send(pair.node));
  }

  bool forward_request(Pair& pair) {
    // A node sends a request at once, and this one is short.
    if (bytes_.find("\r\nXREAD\r\n") != std::string::npos) pair.has_asked_entries = true;
    const Fate fate = judge_ ? judge_(bytes_) : Fate::kForward;
    if (fate == Fate::kHangUp) return false;
    if (fate == Fate::kBusy) {
      bytes_ = "-BUSY Redis is busy running a script.\r\n";
      return send(pair.node);
    }
    return send(pair.server) && fate == Fate::kForward;
  }

  Got receive(const UniqueFd& from) {
    std::array<char, 65'536> bytes;
    const ssize_t got = ::recv(from.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return Got::kNothing;
    if (got <= 0) return Got::kEnd;
    bytes_.assign(bytes.data(), static_cast<std::size_t>(got));
    return Got::kBytes;
  }

  /// What was received. False: the connection has ended.
  bool send(const UniqueFd& to) const {
    for (std::string_view rest = bytes_; !rest.empty();) {
      const ssize_t sent = ::send(to.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  const std::string server_;
  const TemporaryDirectory directory_;
  const std::string path_ = directory_.file("proxy");
  const UniqueFd listener_ = make_socket();
  std::mutex mutex_;
  std::vector<Pair> pairs_;  // changed by the thread, with the mutex
  std::function<Fate(std::string_view)> judge_;
  std::string bytes_;  // of the thread
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace sse::test
