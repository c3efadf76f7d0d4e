#include "cli/connection_options.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "sse/base/version.h"
#include "sse/client/proxy_rules.h"

#include "cli/option_list.h"

namespace sse::cli {
namespace {

Status check_readable(const std::string& path) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return {};
  return Error{ErrorCode::kIo,
               "cannot read " + path + ": " + std::generic_category().message(errno)};
}

}  // namespace

std::vector<std::string> ConnectionOptions::curl_arguments() const {
  std::vector<std::string> arguments;
  const auto add = [&arguments](const char* name, const std::string& value) {
    if (value.empty()) return;
    arguments.emplace_back(name);
    arguments.push_back(value);
  };
  if (is_insecure) arguments.emplace_back("-k");
  add("--cacert", tls.ca_file);
  add("--cert", tls.certificate);
  add("--key", tls.key);
  if (proxy) {
    arguments.emplace_back("--proxy");
    arguments.push_back(*proxy);
  }
  return arguments;
}

void declare_connection(OptionList& list, ConnectionOptions& options) {
  list.duration("--connect-timeout", options.connect_timeout,
                "for one connection: name, proxy and TLS included");
  list.value("--proxy", "URL",
             "http://host:port, https://, socks5://, socks5h://; empty: none; default: http_proxy, "
             "https_proxy and all_proxy; never for loopback, unix: and no_proxy",
             [&options](const std::string& text) -> Status {
               options.proxy = text;
               return client::check_proxy(text);
             })
      .secret();
  list.text("--cacert", options.tls.ca_file, "FILE",
            "trust the servers of these authorities (PEM), instead of SSL_CERT_FILE's or the "
            "system's");
  list.flag("-k,--insecure", options.is_insecure, "trust every server; for tests");
  list.text("--cert", options.tls.certificate, "FILE",
            "our own certificate (PEM), for servers that ask for one");
  list.text("--key", options.tls.key, "FILE", "its private key (PEM), unless --cert holds it too");
}

Result<client::HttpSettings> http_settings(const ConnectionOptions& options,
                                           const std::string& program) {
  if (!options.tls.key.empty() && options.tls.certificate.empty()) {
    return Error{ErrorCode::kInvalid, "--key needs --cert"};
  }
  for (const auto* path : {&options.tls.ca_file, &options.tls.certificate, &options.tls.key}) {
    if (auto status = check_readable(*path); !status) return status.error();
  }
  client::HttpSettings settings;
  settings.tls = options.tls;
  settings.tls.verify = !options.is_insecure;
  settings.proxy = options.proxy;
  settings.user_agent = program + "/" + std::string(version());
  return settings;
}

}  // namespace sse::cli
