#pragma once

/// \file
/// The seam between what the client decides and the bytes it needs for that: libcurl under
/// HttpTransport (http_transport.h), a script in tests.

#include <chrono>
#include <functional>
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

/// A request whose answer is read as it comes.
/// Header fields as they are now, asked before each request: the file of a token may have changed.
using HeaderSource = std::function<std::vector<Header>()>;

struct StreamRequest {
  Endpoint url;
  std::vector<Header> headers;  ///< sent byte for byte

  /// For the name, the connection, the proxy and TLS together.
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);

  std::string method = "GET";
  std::string body;
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
    kClosed,       ///< the answer is whole
    kCut,          ///< inside the body: reset, or shorter than it was to be
    kUnresolved,   ///< the host name has no address
    kUnreachable,  ///< refused, no route, no connection in time: no request was read
    kTls,          ///< no trust, or no common language
    kNotHttp,      ///< the request was sent, and what came is not an HTTP answer
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

  /// Readable when take() should be called; it may have nothing to give yet.
  virtual int ready_fd() const = 0;

  /// Everything that came since the last call; never waits. All work is done in here.
  virtual Arrived take() = 0;
};

class SSE_EXPORT Transport {
 public:
  virtual ~Transport() = default;
  virtual std::unique_ptr<Exchange> open(StreamRequest request) = 0;
};

}  // namespace sse::client
