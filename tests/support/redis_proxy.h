#pragma once

/// \file
/// A way to a redis-server that can be held: what the engine says to the connections that wait for
/// entries arrives later, or not at all.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sse/base/unique_fd.h"

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::test {

class RedisProxy {
 public:
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

  std::string url() const { return "redis+unix:" + path_; }

  /// A node opens a connection for calls, then one for entries.
  void hold_entries(bool is_held) { is_held_ = is_held; }

 private:
  struct Pair {
    UniqueFd node;
    UniqueFd server;
    bool is_tail = false;
  };

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), at.sun_path);
    return at;
  }

  void run() {
    while (!is_over_) {
      accept_one();
      std::erase_if(pairs_, [this](const Pair& pair) {
        const bool is_held = pair.is_tail && is_held_;
        return !forward(pair.node, pair.server) ||
               (is_held ? has_ended(pair.server) : !forward(pair.server, pair.node));
      });
      std::vector<pollfd> fds{{listener_.get(), POLLIN, 0}};
      for (const Pair& pair : pairs_) {
        fds.push_back({pair.node.get(), POLLIN, 0});
        fds.push_back({pair.server.get(), POLLIN, 0});
      }
      // What is held is ready all the time.
      const bool is_held = is_held_;
      ::poll(is_held ? nullptr : fds.data(), is_held ? 0 : fds.size(), is_held ? 1 : 10);
    }
  }

  void accept_one() {
    UniqueFd node(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK));
    if (!node.is_open()) return;
    UniqueFd server(::socket(AF_UNIX, SOCK_STREAM, 0));
    const auto at = address_of(server_);
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return;
    const bool is_tail = !pairs_.empty() && !pairs_.back().is_tail;
    pairs_.push_back({std::move(node), std::move(server), is_tail});
  }

  static bool has_ended(const UniqueFd& from) {
    pollfd one{from.get(), POLLRDHUP, 0};
    ::poll(&one, 1, 0);
    return (one.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }

  /// False: the connection has ended.
  static bool forward(const UniqueFd& from, const UniqueFd& to) {
    std::array<char, 65'536> bytes;
    const ssize_t got = ::recv(from.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    for (ssize_t sent = 0; sent < got;) {
      pollfd one{to.get(), POLLOUT, 0};
      ::poll(&one, 1, -1);
      const ssize_t more =
          ::send(to.get(), bytes.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
      if (more < 0) return false;
      sent += more;
    }
    return true;
  }

  const std::string server_;
  const TemporaryDirectory directory_;
  const std::string path_ = directory_.file("proxy");
  const UniqueFd listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)};
  std::vector<Pair> pairs_;  // of the thread
  std::atomic<bool> is_held_ = false;
  std::atomic<bool> is_over_ = false;
  std::thread thread_;
};

}  // namespace sse::test
