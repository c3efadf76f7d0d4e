#pragma once

#include <memory>

namespace sse::http {

class RequestStream;

/// Whose connection the session is. Outlives it, or calls Session::close().
class SessionHost {
 public:
  /// A request has come, and is to be served.
  virtual void begin_request(std::unique_ptr<RequestStream> stream) = 0;
  /// is_busy() or has_subscriptions() may be another; never inside a call of a stream.
  virtual void on_session_change() = 0;
  /// There is nothing more to do. May destroy the host.
  virtual void on_session_end() = 0;

 protected:
  ~SessionHost() = default;
};

}  // namespace sse::http
