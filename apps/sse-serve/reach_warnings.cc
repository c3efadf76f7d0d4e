#include "reach_warnings.h"

#include <string>

#include "sse/base/logging.h"

namespace sse::serve {
namespace {

void warn(const std::string& text) {
  log_line(LogLevel::kWarning, "listening beyond this machine " + text);
}

}  // namespace

void warn_of_reach(const server::Reach& reach, const server::EventServerOptions& options) {
  const bool asks = !options.auth.is_empty();
  if (!reach.loopback_only && !asks) {
    warn(
        "without asking for credentials (--open-to-all): every peer that reaches the port may read "
        "and publish");
  }
  const bool has_proxy = !options.proxies.are_none() || options.public_url.starts_with("https:");
  if (!reach.plain_loopback_only && asks && !has_proxy) {
    warn(std::string("over plain HTTP") +
         (options.tls.is_on() ? ", by a descriptor (fd:), which stays plain" : "") +
         ": every machine on the way can read tokens and events. Have the hub speak TLS "
         "(--tls-cert) "
         "on an address, or put a proxy with TLS in front, and name it (--proxy-from, or "
         "--public-url https://...)");
  }
  if (!reach.admin_loopback_only) {
    const bool has_backup = !options.durable.directory.empty();
    warn(
        "for the operator, where no credential is asked for: every peer that reaches the port may "
        "read /-/metrics, list and close streams (/-/streams)" +
        std::string(has_backup ? ", and make backups (/-/backup)" : ""));
  }
}

}  // namespace sse::serve
