#pragma once

/// \file
/// Which handler answers a request: an exact table with one parameter form, no regular expressions.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/http/deferred_answer.h"

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

/// Answers like a Handler (a refusal, a 400), or takes the socket for a stream. It is called for
/// HEAD too, and then answers.
using StreamHandler = std::function<void(const httplib::Request&, httplib::Response&, Upgrade&)>;

/// One line of the table; one of the handlers is set.
struct Route {
  std::string method;
  std::string path;  ///< as it was added, with its braces: the name of the route in logs
  Handler handler;
  StreamHandler stream;
  DeferringHandler deferring;
  std::size_t index = 0;  ///< how many were added before it
};

/// What the table says about a method and a path.
struct RouteMatch {
  const Route* route = nullptr;      ///< null: no such path, or not with this method
  bool path_exists = false;          ///< with no route: 405 rather than 404
  bool method_known = false;         ///< with no route: 405 rather than 501
  std::string_view parameter;        ///< the name in braces; empty: the path is exact
  std::string_view parameter_value;  ///< a part of the path that was looked up
};

/// The route table. Filled before the server starts, then only read. Thread-compatible.
class SSE_EXPORT Router {
 public:
  /// `path` is exact (`/metrics`) or has one level in braces (`/metrics/{id}/readings`), whose
  /// value the handler finds in request.params under that name (it hides a query parameter of the
  /// same name). An exact path wins over a parameter. A GET route answers HEAD too.
  void add(std::string method, std::string path, Handler handler);
  void add_stream(std::string path, StreamHandler handler);
  void add_deferred(std::string method, std::string path, DeferringHandler handler);

  /// All of them, in the order they were added. Valid until the next one is.
  std::vector<const Route*> routes() const;

  RouteMatch find(std::string_view method, std::string_view path) const;

  /// The value of `Allow` for a path: `GET, HEAD, OPTIONS`; for `*`, every method of the table.
  /// Empty: there is no such path.
  std::string allowed_methods(std::string_view path) const;

 private:
  using Methods = std::vector<Route>;
  struct ParameterPath {
    std::string before;  // up to the brace
    std::string name;
    std::string after;  // from behind the brace
    Methods methods;
  };
  struct PathMatch {
    const Methods* methods = nullptr;
    std::string_view parameter;
    std::string_view value;
  };

  void add_route(Route route);
  Methods& methods_of(const std::string& path);
  PathMatch find_path(std::string_view path) const;
  bool knows(std::string_view method) const;

  std::map<std::string, Methods, std::less<>> exact_;
  std::vector<ParameterPath> parameters_;
  std::size_t size_ = 0;
};

/// The status line and header fields of a response, as they go on the wire (HTTP/1.1), blank line
/// included. No body headers are added: for streams, which end with the connection.
SSE_EXPORT std::string render_head(const httplib::Response& response);

}  // namespace sse::http
