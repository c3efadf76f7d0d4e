#include "sse/http/router.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "sse/base/check.h"
#include "sse/http/mounted_handler.h"

namespace sse::http {
namespace {

// Methods of RFC 9110 that a program may mount: known, even when no route has them.
constexpr std::array<std::string_view, 7> kStandardMethods = {"GET",    "HEAD",  "POST",   "PUT",
                                                              "DELETE", "PATCH", "OPTIONS"};

const Route* find_method(const std::vector<Route>& methods, std::string_view method) {
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const Route& route) { return route.method == method; });
  return found == methods.end() ? nullptr : &*found;
}

void collect(const std::vector<Route>& methods, std::set<std::string_view>& into) {
  for (const auto& route : methods) {
    into.insert(route.method);
    if (route.method == "GET") into.insert("HEAD");
  }
}

}  // namespace

void Router::add(std::string method, std::string path, CallHandler handler, RouteNeeds needs) {
  add_route({std::move(method), std::move(path), std::move(handler), std::move(needs)});
}

void Router::add(std::string method, std::string path, Handler handler, RouteNeeds needs) {
  add(std::move(method), std::move(path), mounted(std::move(handler)), std::move(needs));
}

void Router::add_route(Route route) {
  Methods& methods = methods_of(route.path);
  SSE_CHECK(find_method(methods, route.method) == nullptr);
  route.index = size_++;
  methods.push_back(std::move(route));
}

std::vector<const Route*> Router::routes() const {
  std::vector<const Route*> all(size_);
  const auto list = [&](const Methods& methods) {
    for (const auto& route : methods) all[route.index] = &route;
  };
  for (const auto& [path, methods] : exact_) list(methods);
  for (const auto& known : parameters_) list(known.methods);
  return all;
}

Router::Methods& Router::methods_of(const std::string& path) {
  SSE_CHECK(!path.empty() && path.front() == '/');
  const auto open = path.find('{');
  if (open == std::string::npos) return exact_[path];
  const auto close = path.find('}', open);
  SSE_CHECK(close != std::string::npos && path.find('{', close) == std::string::npos);
  ParameterPath added{
      path.substr(0, open), path.substr(open + 1, close - open - 1), path.substr(close + 1), {}};
  for (auto& known : parameters_) {
    if (known.before == added.before && known.name == added.name && known.after == added.after) {
      return known.methods;
    }
  }
  parameters_.push_back(std::move(added));
  return parameters_.back().methods;
}

Router::PathMatch Router::find_path(std::string_view path) const {
  if (const auto found = exact_.find(path); found != exact_.end()) return {&found->second, {}, {}};
  for (const auto& known : parameters_) {
    if (path.size() <= known.before.size() + known.after.size()) continue;
    if (!path.starts_with(known.before) || !path.ends_with(known.after)) continue;
    const auto value =
        path.substr(known.before.size(), path.size() - known.before.size() - known.after.size());
    if (value.find('/') != std::string_view::npos) continue;
    return {&known.methods, known.name, value};
  }
  return {};
}

RouteMatch Router::find(std::string_view method, std::string_view path) const {
  const PathMatch found = find_path(path);
  RouteMatch match;
  match.parameter = found.parameter;
  match.parameter_value = found.value;
  match.path_exists = found.methods != nullptr;
  if (match.path_exists) {
    match.route = find_method(*found.methods, method);
    if (match.route == nullptr && method == "HEAD")
      match.route = find_method(*found.methods, "GET");
  }
  match.method_known = match.route != nullptr || knows(method);
  return match;
}

bool Router::knows(std::string_view method) const {
  if (std::find(kStandardMethods.begin(), kStandardMethods.end(), method) !=
      kStandardMethods.end()) {
    return true;
  }
  const auto has = [&](const Methods& methods) { return find_method(methods, method) != nullptr; };
  return std::any_of(exact_.begin(), exact_.end(),
                     [&](const auto& entry) { return has(entry.second); }) ||
         std::any_of(parameters_.begin(), parameters_.end(),
                     [&](const ParameterPath& known) { return has(known.methods); });
}

std::string Router::allowed_methods(std::string_view path) const {
  std::set<std::string_view> methods;
  if (path == "*") {
    for (const auto& [known, routes] : exact_) collect(routes, methods);
    for (const auto& known : parameters_) collect(known.methods, methods);
  } else if (const auto found = find_path(path); found.methods != nullptr) {
    collect(*found.methods, methods);
  } else {
    return {};
  }
  methods.insert("OPTIONS");
  std::string text;
  for (const auto method : methods) {
    if (!text.empty()) text += ", ";
    text += method;
  }
  return text;
}

}  // namespace sse::http
