#pragma once

/// \file
/// Which handler answers a request: an exact table with one parameter form, no regular expressions.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/http/call.h"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sse::http {

/// cpp-httplib's own handler signature. Runs on a loop's thread: it must not block.
using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

/// What a request needs for a route, where the hub asks for credentials (gate::Authentication).
/// Where it does not, nothing is asked. A value.
struct RouteNeeds {
  enum class Kind : std::uint8_t {
    kCredential,  ///< any that is good
    kNothing,     ///< credentials are ignored: health, a page's files
    kAnyone,      ///< none; one that is there must be good, and says who asks
    kSubscribe,   ///< some grant to subscribe; the route cuts by them
    kPublish,     ///< some grant to publish, and one for `topic` when that is not empty
    kDelete,      ///< permission `delete`, and a grant to publish to `topic`
    kObserve,     ///< permission `observe`, or an operator's address
    kAdmin,       ///< permission `admin`
  };
  Kind kind = Kind::kCredential;
  /// A pattern, which one grant must cover. A name in braces is replaced by its value in the path:
  /// `metrics/{id}`.
  std::string topic = {};

  static RouteNeeds nothing() { return {Kind::kNothing}; }
  static RouteNeeds anyone() { return {Kind::kAnyone}; }
  static RouteNeeds subscribe() { return {Kind::kSubscribe}; }
  static RouteNeeds publish(std::string topic = {}) { return {Kind::kPublish, std::move(topic)}; }
  static RouteNeeds remove(std::string topic) { return {Kind::kDelete, std::move(topic)}; }
  static RouteNeeds observe() { return {Kind::kObserve}; }
  static RouteNeeds admin() { return {Kind::kAdmin}; }
};

/// One line of the table.
struct Route {
  std::string method;
  std::string path;  ///< as it was added, with its braces: the name of the route in logs
  CallHandler handler;
  RouteNeeds needs;
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
  /// `needs`: without them a route is for every good credential, and for no other request.
  void add(std::string method, std::string path, CallHandler handler, RouteNeeds needs = {});
  /// Mounts a handler that was written for cpp-httplib: its request is filled and its response
  /// taken over, content provider included.
  void add(std::string method, std::string path, Handler handler, RouteNeeds needs = {});

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

}  // namespace sse::http
