#include "check_config.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "sse/net/address.h"

namespace sse::serve {
namespace {

Status check_socket_path(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const std::string shown = folder.empty() ? "." : folder.string();
  // With a slash, what is no directory is called that, and not forbidden.
  if (!path.empty() && ::access((shown + "/").c_str(), W_OK | X_OK) == 0) {
    return net::check_socket_file(path);
  }
  const ErrorCode code = errno == EACCES ? ErrorCode::kNotAllowed : ErrorCode::kInvalid;
  return Error{code, "cannot listen on unix:" + path + ": " + shown + ": " +
                         (path.empty() ? "expected a path" : std::strerror(errno))};
}

}  // namespace

Status check_addresses(const Options& options) {
  std::vector<std::string> binds = options.server.binds;
  for (const auto& text : options.server.admin_binds) {
    const auto asked = SSE_TRY(net::parse_address_and_port(text));
    if (!asked.bind.empty()) binds.push_back(asked.bind);
  }
  constexpr std::uint16_t kAnyPort = 0;
  for (const auto& bind : binds) {
    if (bind.starts_with("unix:")) {
      SSE_TRY(check_socket_path(bind.substr(5)));
    } else if (const auto fd = net::listen_on(bind, kAnyPort, options.server.socket); !fd) {
      return fd.error();
    }
  }
  return {};
}

}  // namespace sse::serve
