#pragma once

/// \file
/// How a command reaches a server: the options of sse-pub and sse-sub.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/result.h"
#include "sse/client/http_settings.h"

namespace sse::cli {

class OptionList;

/// What the options say, read after the command line is.
struct ConnectionOptions {
  client::TlsOptions tls;
  bool is_insecure = false;  ///< every server is trusted
  std::optional<std::string> proxy;
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);

  /// The same for the command line of curl, a word each.
  std::vector<std::string> curl_arguments() const;
};

/// Declares `--connect-timeout`, `--proxy`, `--cacert`, `-k/--insecure`, `--cert` and `--key`.
void declare_connection(OptionList& list, ConnectionOptions& options);

/// The settings of `program`, whose name and version are its User-Agent. Errors: kInvalid for
/// options that do not go together, kIo for a file that cannot be read.
Result<client::HttpSettings> http_settings(const ConnectionOptions& options,
                                           const std::string& program);

}  // namespace sse::cli
