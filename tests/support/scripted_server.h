#pragma once

/// \file
/// A server that does exactly what a test tells it, byte by byte, on a port of its own. No thread:
/// the test accepts, sends and closes.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/unique_fd.h"

namespace sse::test {

/// One accepted connection, its request head read.
class ScriptedConnection {
 public:
  ScriptedConnection(UniqueFd fd, std::string head) : fd_(std::move(fd)), head_(std::move(head)) {}

  const std::string& head() const { return head_; }
  std::string target() const;                       ///< of the request line
  std::string header(std::string_view name) const;  ///< empty when absent

  void send(std::string_view bytes) const;
  bool try_send(std::string_view bytes) const;  ///< false: the peer is gone

  void close() { fd_.reset(); }
  void reset();  ///< RST instead of FIN

  /// Until the peer's system has acknowledged all that was sent.
  void wait_until_taken() const;

  /// FIN, also when a part of the request was not read; then waits for the peer to close, too.
  void finish();
  bool is_closed_by_peer() const;

 private:
  UniqueFd fd_;
  std::string head_;
};

class ScriptedServer {
 public:
  ScriptedServer();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }

  /// Waits for the next connection and its request head.
  ScriptedConnection accept() const;

  /// The same; nothing when `is_over` before anybody came and asked.
  std::optional<ScriptedConnection> accept_unless(const std::function<bool()>& is_over) const;

  /// accept(), answered with a stream's head and `bytes`.
  ScriptedConnection accept_stream(std::string_view bytes = {}) const;

  /// Answers the next request with this status and header lines (`Name: value\r\n`), and closes.
  /// Returns its target.
  std::string answer(std::string_view status, std::string_view headers = {},
                     std::string_view body = {}) const;

  /// Closes the listening socket.
  void stop() { listener_.reset(); }

 private:
  UniqueFd listener_;
  std::uint16_t port_ = 0;
};

/// The head of a stream.
inline constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

}  // namespace sse::test
