#include "sse/http/request.h"

#include <algorithm>
#include <utility>

namespace sse::http {

std::string_view to_string(Version version) {
  switch (version) {
    case Version::kHttp10:
      return "HTTP/1.0";
    case Version::kHttp11:
      break;
    case Version::kHttp2:
      return "HTTP/2";
  }
  return "HTTP/1.1";
}

void Request::clear() {
  for (std::string* text : {&method, &target, &path, &body, &remote_address}) text->clear();
  group.reset();
  version = Version::kHttp11;
  params.clear();
  fields.clear();
  remote_port = 0;
  entrance = Entrance::kMain;
  is_forwarded = false;
  is_proxied = false;
  is_secure = false;
  certificate_names.clear();
}

void Request::give_rest(Request& to) {
  path.swap(to.path);
  params.swap(to.params);
  std::swap(fields, to.fields);
  body.swap(to.body);
  if (!is_forwarded) remote_address.swap(to.remote_address);
  std::swap(remote_port, to.remote_port);
  std::swap(group, to.group);
  std::swap(entrance, to.entrance);
  certificate_names.swap(to.certificate_names);
}

std::size_t Request::capacity() const {
  return body.capacity() + method.capacity() + target.capacity() + path.capacity() +
         params.capacity() * sizeof(params[0]) + fields.capacity();
}

const std::string* Request::param(std::string_view name) const {
  const auto found = std::find_if(params.begin(), params.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  return found == params.end() ? nullptr : &found->second;
}

}  // namespace sse::http
