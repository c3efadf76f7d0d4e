#pragma once

/// \file
/// TLS to Redis. A door to OpenSSL, whose headers this does not include.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/journal/cluster_options.h"
#include "sse/journal/redis_socket.h"

struct ssl_st;

namespace sse::journal {

/// The client's end of TLS 1.2 or 1.3 over a socket, with forward secrecy and authenticated
/// encryption. The other side must have a certificate of an authority that is trusted, for the name
/// or address that was asked for: one of its subjectAltName, for the common name of a subject does
/// not count (RFC 9525 section 2). Its end counts with or without close_notify: Redis' protocol
/// says by itself where a reply ends. Thread-compatible.
///
/// What is sealed counts as taken, and is kept until the socket takes it: at most a few records.
/// OpenSSL never meets a full socket; with a record half written, a request of the other side for
/// new keys would end the connection (decision 66).
class SSE_EXPORT RedisTls final : public RedisSocket {
 public:
  /// Reads the files, so each connection has those that are there now. `host`: a name, or an
  /// address. Errors, which name the file: kIo, kNotAllowed (check_file()), kInvalid.
  static Result<std::unique_ptr<RedisTls>> make(UniqueFd socket, const RedisTlsFiles& files,
                                                const std::string& host);
  /// Whether make() would take these files. Its errors.
  static Status check(const RedisTlsFiles& files);
  /// Sends close_notify if the socket takes it at once.
  ~RedisTls() override;

  /// Goes on with the handshake. False: it waits for what wanted_events() says. Errors: kForbidden,
  /// one side refuses the other; kUnavailable.
  Result<bool> shake_hands();

  Result<std::size_t> read(std::span<char> into) override;
  Result<std::size_t> write(std::string_view bytes) override;

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  using Ssl = std::unique_ptr<ssl_st, Free>;
  class Below;  // what OpenSSL reads from and writes to

  RedisTls(UniqueFd socket, Ssl ssl);
  void begin_call();
  Result<bool> end_call(int done);
  Error failure();
  Status send_sealed();

  const Ssl ssl_;
  std::string sealed_;           // what OpenSSL has written
  std::size_t sealed_sent_ = 0;  // of it
  std::optional<Error> broken_;  // of the socket, in the call of OpenSSL that is running
  bool is_asked_ = false;        // for a certificate, and not answered yet
  bool is_up_ = false;           // the handshake is done, and nothing has failed since
};

}  // namespace sse::journal
