#pragma once

/// \file
/// Which handler answers a request: an exact table with one parameter form, no regular expressions.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sse::net {
class Loop;
class Socket;
}  // namespace sse::net

namespace sse::http {

/// cpp-httplib's own handler signature. Runs on a loop's thread: it must not block.
using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

/// A connection that a stream handler may take over. Valid during the handler's call, on its loop's
/// thread.
class Upgrade {
 public:
  virtual net::Loop& loop() = 0;
  /// The socket leaves HTTP: the response is not sent, and the caller attaches the socket anew.
  /// Once.
  virtual std::unique_ptr<net::Socket> take_socket() = 0;

 protected:
  ~Upgrade() = default;
};

/// Answers like a Handler (a refusal, a 400), or takes the socket for a stream.
using StreamHandler = std::function<void(const httplib::Request&, httplib::Response&, Upgrade&)>;

/// The route table. Filled before the server starts, then only read. Thread-compatible.
class SSE_EXPORT Router {
 public:
  /// `path` is exact (`/metrics`) or has one level in braces (`/metrics/{id}/readings`), whose
  /// value the handler finds in request.params under that name (it hides a query parameter of the
  /// same name). An exact path wins over a parameter. A GET route answers HEAD too.
  void add(std::string method, std::string path, Handler handler);
  void add_stream(std::string path, StreamHandler handler);

  // http/router.cc: lookup, which also knows 405 and Allow
};

/// The status line and header fields of a response, as they go on the wire (HTTP/1.1), blank line
/// included. No body headers are added: for streams, which end with the connection.
SSE_EXPORT std::string render_head(const httplib::Response& response);

}  // namespace sse::http
