#pragma once

/// \file
/// The seam between what the client decides and the bytes it needs for that: cpp-httplib under
/// HttpTransport, a script in tests.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/client/endpoint.h"

namespace sse::client {

struct Header {
  std::string name;
  std::string value;
};

/// A GET whose answer is read as it comes.
struct StreamRequest {
  Endpoint url;
  std::vector<Header> headers;  ///< sent byte for byte
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
};

struct SSE_EXPORT ResponseHead {
  int status = 0;
  std::vector<Header> headers;

  /// The value of the first header of that name (in any case), without blanks around it; empty
  /// when there is none.
  std::string_view header(std::string_view name) const;
};

/// How an exchange ended.
struct ExchangeEnd {
  enum class Kind {
    kClosed,       ///< by the server, orderly or not: a stream has no other end
    kUnresolved,   ///< the host name has no address
    kUnreachable,  ///< refused, no route, no answer in time
    kTls,          ///< no trust, or no common language
    kNotHttp,      ///< bytes came, but no HTTP answer
  };
  Kind kind = Kind::kClosed;
  std::string text;  ///< what was tried, on what, why
};

/// A request on its way. Used by one thread. Destroying it gives it up at once.
class Exchange {
 public:
  /// What has arrived, in this order. `bytes` is valid until the next take().
  struct Arrived {
    const ResponseHead* head = nullptr;  ///< with the take() that first sees it
    std::string_view bytes;
    std::optional<ExchangeEnd> end;  ///< after the last bytes
  };

  virtual ~Exchange() = default;

  /// Readable while take() has something to give.
  virtual int ready_fd() const = 0;

  /// Everything that came since the last call; never waits.
  virtual Arrived take() = 0;
};

class SSE_EXPORT Transport {
 public:
  virtual ~Transport() = default;
  virtual std::unique_ptr<Exchange> open(StreamRequest request) = 0;
};

/// Whom to trust behind https.
struct TlsOptions {
  std::string ca_file;  ///< PEM certificates; empty: those of the system
  bool verify = true;   ///< false: anybody
};

/// Over cpp-httplib, with TLS for https. Redirects are not followed and content is not decoded:
/// who asked decides. An exchange has a thread of its own, because name resolution and cpp-httplib
/// cannot be interrupted; it hands bytes over through a bounded buffer and stops reading while that
/// is full.
class SSE_EXPORT HttpTransport final : public Transport {
 public:
  HttpTransport() : HttpTransport(TlsOptions()) {}
  explicit HttpTransport(TlsOptions tls) : tls_(std::move(tls)) {}

  std::unique_ptr<Exchange> open(StreamRequest request) override;

 private:
  const TlsOptions tls_;
};

}  // namespace sse::client
