#pragma once

/// \file
/// Clients of TLS, as many as there are streams. They check no certificate: what the hub takes is
/// measured, and what a client must do, for trust as well, costs the hub nothing. A door to
/// OpenSSL.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sse/base/unique_fd.h"

#include "channel.h"

struct ssl_ctx_st;
struct ssl_session_st;

namespace sse::bench {

/// What the clients of one run share. They come back with the newest session that the server gave
/// out, so a server that resumes is measured with it. Thread-compatible; it outlives its channels.
class TlsClients {
 public:
  /// `protocol`: what ALPN asks for, `http/1.1` or `h2`. A server that chooses another has failed.
  explicit TlsClients(std::string_view protocol);
  ~TlsClients();
  TlsClients(const TlsClients&) = delete;
  TlsClients& operator=(const TlsClients&) = delete;

  /// Begins a handshake on a socket that is connected.
  std::unique_ptr<Channel> open(UniqueFd fd);

  /// A whole ClientHello in its record.
  std::string hello() const;

  std::uint64_t handshakes() const { return handshakes_; }  ///< that were done
  std::uint64_t resumed() const { return resumed_; }        ///< of these

 private:
  class TlsChannel;
  struct Callbacks;

  ssl_ctx_st* const context_;
  const std::string protocol_;
  ssl_session_st* session_ = nullptr;
  std::uint64_t handshakes_ = 0;
  std::uint64_t resumed_ = 0;
};

}  // namespace sse::bench
