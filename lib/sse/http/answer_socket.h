#pragma once

#include <cstddef>

#include "sse/net/socket.h"

namespace sse::http {

struct AnswerFields;
struct Response;

/// The socket of one request and its answer that frames the answer itself, as a stream of HTTP/2
/// does: bytes that are written are the body's, and shutdown_write() is its end. Loop-affine.
class AnswerSocket : public net::Socket {
 public:
  /// Sends the answer's head. The fields of the connection in `fields` are not sent. `has_body`:
  /// bytes follow, as many as a sized body has; else the answer ends with its head. Once, before
  /// anything is written.
  virtual void send_head(const Response& response, const AnswerFields& fields, bool has_body) = 0;

  /// Sends `100 Continue`, before the head.
  virtual void send_continue() = 0;

  /// What has come of the request, and comes, waits for long: it takes no room of other requests on
  /// the connection, but of its own. Until it is read.
  virtual void park_input() = 0;

  /// Bytes of memory that it takes.
  virtual std::size_t input_held() const = 0;

  /// The answer has no end yet: what is done with the socket from now on is not a request's.
  virtual void become_stream() = 0;
};

}  // namespace sse::http
