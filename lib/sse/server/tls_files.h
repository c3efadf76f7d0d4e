#pragma once

/// \file
/// The files of a hub's TLS: its certificate and key, and who signs client certificates.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/file_rules.h"
#include "sse/base/result.h"
#include "sse/net/tls_context.h"
#include "sse/server/event_server_options.h"

namespace sse::server {

/// What a load came to. A value.
struct LoadedTls {
  std::shared_ptr<const net::TlsContext> context;
  std::vector<std::string>
      remarks;  ///< for the log: a certificate that is not valid yet, or has expired
};

/// Reads the files of `options`, and knows when to read them again. Links are followed each time,
/// so a certificate that is renewed behind a link is a change. Thread-compatible.
class SSE_EXPORT TlsFiles {
 public:
  explicit TlsFiles(TlsSettings settings) : settings_(std::move(settings)) {}

  /// Errors name the file: kIo (it cannot be read), kNotAllowed (check_file()), kInvalid
  /// (net::TlsContext::make()).
  Result<LoadedTls> load(WallTime now);

  /// Whether a file is another one than load() has seen, whatever came of that.
  bool have_changed() const { return versions() != seen_; }

 private:
  std::vector<std::optional<FileVersion>> versions() const;

  const TlsSettings settings_;
  std::vector<std::optional<FileVersion>> seen_;
};

}  // namespace sse::server
