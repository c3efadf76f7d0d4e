#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/client/endpoint.h"
#include "sse/client/http_settings.h"
#include "sse/client/transport.h"

namespace sse::client {

class CurlTransfer;

struct HttpRequest {
  std::string method;
  std::string target;
  std::string content_type;  ///< empty with an empty body
  std::string body;
  std::string idempotency_key;  ///< empty: none
  /// Of the key, when an earlier try may have reached the hub.
  std::optional<std::chrono::nanoseconds> key_age = std::nullopt;
};

/// What became of one request.
struct HttpReply {
  enum class Kind {
    kAnswered,
    kNotSent,  ///< no connection, or it broke before all of the request was out: nothing happened
    kUnresolved,  ///< the host name has no address
    kTls,         ///< no trust, or no common language
    kTimedOut,    ///< the deadline came first: as kNoAnswer
    kNoAnswer,    ///< sent, but no whole answer came: it is unknown what happened
  };
  Kind kind = Kind::kNoAnswer;
  ResponseHead head;
  std::string body;
  std::string text;  ///< what was tried, on what, why; empty when answered
};

/// A keep-alive connection to one hub for requests with short answers; connects when it must. One
/// request at a time, each sent at most once. Redirects are not followed. Over libcurl.
/// Thread-compatible.
class SSE_EXPORT HttpConnection {
 public:
  struct Options {
    Endpoint hub;                  ///< scheme, host and port
    std::vector<Header> headers;   ///< for every request, sent byte for byte
    HeaderSource fresh_headers{};  ///< in place of `headers`, when it is there
    HttpSettings settings;

    /// For the name, the connection, the proxy and TLS together.
    std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
  };

  HttpConnection(Options options, const Clock& clock);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// Sends and waits, not beyond `deadline`: name resolution and connecting are included.
  HttpReply exchange(HttpRequest request, BootTime deadline);

 private:
  StreamRequest request_for(HttpRequest from, std::chrono::nanoseconds left) const;
  HttpReply receive(BootTime deadline);

  const Options options_;
  const Clock& clock_;
  std::unique_ptr<CurlTransfer> transfer_;  // null: a new connection for the next request
  BootTime last_used_{};
};

}  // namespace sse::client
