#pragma once

/// \file
/// The other side of a connection to Redis over TLS: what a test has it do.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "sse/base/unique_fd.h"

#include "support/tls_material.h"

struct ssl_ctx_st;
struct ssl_st;

namespace sse::test {

/// The end of the connection that is Redis'. Its calls wait, some seconds at most, and say whether
/// that went well. Of the thread of its TlsRedis.
class TlsEnd {
 public:
  TlsEnd(UniqueFd socket, ssl_st* ssl) : socket_(std::move(socket)), ssl_(ssl) {}

  bool shake_hands();
  /// So many bytes; fewer where the other side has ended.
  std::string read(std::size_t size);
  bool write(std::string_view text);
  /// Bytes that are not TLS.
  void write_plain(std::string_view text) const;
  /// Says nothing until the other side has ended.
  void ignore() const;
  /// Asks the other side for other keys.
  bool update_keys();
  /// Asks for another handshake, as TLS 1.2 has it.
  bool renegotiate();
  bool close_notify();
  /// Waits for the other side's end. Whether it came with close_notify.
  bool saw_close_notify();
  /// Ends the connection by a reset.
  void reset();
  /// What the other side takes us for; empty: it has not said so.
  std::string server_name() const;
  std::string version() const;

 private:
  UniqueFd socket_;
  ssl_st* const ssl_;
};

struct TlsRedisWish {
  int most = 0;                ///< OpenSSL's number of a version; 0: any
  std::string ciphers = {};    ///< of TLS 1.2; empty: OpenSSL's own
  std::string client_ca = {};  ///< a client certificate of it is demanded; empty: none
  int send_buffer = 0;         ///< bytes, of the kernel; 0: its choice. Also that for what arrives
};

/// Listens on a free port of 127.0.0.1, and does what it is told with one connection, on a thread
/// of its own.
class TlsRedis {
 public:
  using Play = std::function<void(TlsEnd&)>;

  TlsRedis(const TlsIdentity& identity, Play play, const TlsRedisWish& wish = {});
  ~TlsRedis();
  TlsRedis(const TlsRedis&) = delete;
  TlsRedis& operator=(const TlsRedis&) = delete;

  std::uint16_t port() const { return port_; }
  /// Waits until it has done what it was told: what that has noted may be looked at.
  void finish();

 private:
  void run(const Play& play);

  ssl_ctx_st* const context_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace sse::test
