#include "check_config.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "sse/auth/credential_files.h"
#include "sse/base/clock.h"
#include "sse/base/logging.h"
#include "sse/journal/cluster_journal.h"
#include "sse/net/address.h"
#include "sse/net/listener.h"
#include "sse/server/tls_files.h"

#include "reach_warnings.h"

namespace sse::serve {
namespace {

Status check_socket_path(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const std::string shown = folder.empty() ? "." : folder.string();
  // With a slash, the error for a file says "not a directory", and not "forbidden".
  if (!path.empty() && ::access((shown + "/").c_str(), W_OK | X_OK) == 0) {
    return net::check_socket_file(path);
  }
  const ErrorCode code = errno == EACCES ? ErrorCode::kNotAllowed : ErrorCode::kInvalid;
  return Error{code, "cannot listen on unix:" + path + ": " + shown + ": " +
                         (path.empty() ? "expected a path" : std::strerror(errno))};
}

/// Whether only this machine would reach a hub there.
Result<bool> is_local(const std::string& bind, const Options& options) {
  constexpr std::uint16_t kAnyPort = 0;
  if (bind.starts_with("unix:")) {
    SSE_TRY(check_socket_path(bind.substr(5)));
    return true;
  }
  return SSE_TRY(net::Listener::open(bind, kAnyPort, options.server.socket))->bound().is_local();
}

}  // namespace

Result<server::Reach> check_addresses(const Options& options) {
  server::Reach reach;
  for (const auto& bind : options.server.binds) {
    if (SSE_TRY(is_local(bind, options))) continue;
    reach.loopback_only = false;
    const bool is_secure = options.server.tls.is_on() && server::is_host(bind);
    if (!is_secure) reach.plain_loopback_only = false;
  }
  for (const auto& text : options.server.admin_binds) {
    const auto asked = SSE_TRY(net::parse_address_and_port(text));
    if (asked.bind.empty()) continue;
    if (!SSE_TRY(is_local(asked.bind, options))) reach.admin_loopback_only = false;
  }
  return reach;
}

Status check_config(const Options& options) {
  SSE_TRY(server::check_tls_binds(options.server));
  if (const auto port = options.server.plain_port) {
    SSE_TRY(net::Listener::open("127.0.0.1", *port, options.server.socket));
  }
  const auto reach = SSE_TRY(check_addresses(options));
  SSE_TRY(server::check_reach(reach, options.server));
  if (!options.server.auth.is_empty()) {
    const auto read = auth::CredentialFiles(options.server.auth).load();
    if (!read) return Error{ErrorCode::kForbidden, read.error().text};
    for (const auto& remark : read->remarks) log_line(LogLevel::kWarning, remark);
  }
  if (options.server.tls.is_on()) {
    const auto read = server::TlsFiles(options.server.tls).load(SystemClock().wall());
    if (!read) return Error{ErrorCode::kForbidden, read.error().text};
    for (const auto& remark : read->remarks) log_line(LogLevel::kWarning, remark);
  }
  if (!options.server.cluster.url.empty()) {
    const auto checked = journal::check_cluster_files(options.server.cluster);
    if (!checked) return Error{ErrorCode::kForbidden, checked.error().text};
  }
  warn_of_reach(reach, options.server);
  return {};
}

}  // namespace sse::serve
