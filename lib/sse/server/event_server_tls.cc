// The certificate of an EventServer, and the files that are read again.

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string_view>
#include <utility>

#include "sse/api/exposition.h"
#include "sse/auth/credential_files.h"
#include "sse/base/logging.h"
#include "sse/net/listener.h"
#include "sse/server/event_server.h"
#include "sse/server/file_watch.h"
#include "sse/server/parts.h"
#include "sse/server/tls_files.h"

namespace sse::server {
namespace {

void append_counts(api::Exposition& out, const ReloadCounts& counts, const std::string& prefix,
                   const std::string& what) {
  out.counter(prefix + "_reloads_total", "Times that the files of " + what + " were read again.");
  out.sample(counts.reloads);
  out.counter(
      prefix + "_reload_failures_total",
      "Times that the files of " + what + " could not be used, and the previous ones stayed.");
  out.sample(counts.failures);
}

void append_handshakes(api::Exposition& out, const http::TlsCounts& counts) {
  out.counter("sse_tls_handshakes_total", "TLS handshakes by result, and by version when done.");
  const auto sample = [&](std::string_view result, std::string_view version, std::uint64_t count) {
    out.sample({{"result", result}, {"version", version}}, count);
  };
  sample("done", "1.2", counts.done_12);
  sample("done", "1.3", counts.done_13);
  sample("refused", "", counts.refused);
  sample("plain_http", "", counts.plain_http);
  sample("late", "", counts.late);
  sample("left", "", counts.left);
  sample("gave_way", "", counts.gave_way);
  out.gauge("sse_tls_handshakes_under_way", "TLS handshakes that have begun and are not done.");
  out.sample(counts.under_way);
}

}  // namespace

Status EventServer::load_credentials() {
  if (options_.auth.is_empty()) return {};
  const auto files = std::make_shared<auth::CredentialFiles>(options_.auth);
  auto read = files->load();
  if (!read) return Error{ErrorCode::kForbidden, std::move(read).error().text};
  auth::LoadedCredentials loaded = *std::move(read);
  for (const auto& remark : loaded.remarks) log_line(LogLevel::kWarning, remark);
  credentials_ = std::move(loaded.credentials);
  credential_files_ = file_watch_->add({"credentials", [files] { return files->have_changed(); },
                                        [this, files]() -> Result<std::vector<std::string>> {
                                          auto fresh = SSE_TRY(files->load());
                                          parts_->replace_credentials(std::move(fresh.credentials));
                                          return std::move(fresh.remarks);
                                        }});
  return {};
}

Status EventServer::load_tls() {
  if (!options_.tls.is_on()) return {};
  const auto files = std::make_shared<TlsFiles>(options_.tls);
  auto read = files->load(clock_.wall());
  if (!read) return Error{ErrorCode::kForbidden, std::move(read).error().text};
  for (const auto& remark : read->remarks) log_line(LogLevel::kWarning, remark);
  tls_ = read->context;
  certificate_end_ = tls_->expires();
  tls_files_ = file_watch_->add({"certificate and key", [files] { return files->have_changed(); },
                                 [this, files]() -> Result<std::vector<std::string>> {
                                   auto fresh = SSE_TRY(files->load(clock_.wall()));
                                   certificate_end_ = fresh.context->expires();
                                   parts_->server().set_tls(std::move(fresh.context));
                                   return std::move(fresh.remarks);
                                 }});
  return {};
}

void EventServer::add_file_series() {
  if (credential_files_) {
    parts_->add_series([this](api::Exposition& out) {
      append_counts(out, file_watch_->counts_of(*credential_files_), "sse_auth", "credentials");
    });
  }
  if (!tls_files_) return;
  parts_->add_series([this](api::Exposition& out) {
    append_handshakes(out, counts().tls);
    out.gauge("sse_tls_certificate_expires_seconds",
              "When the certificate that new connections get ends, in seconds since 1970.");
    out.sample(static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(certificate_end_.load().time_since_epoch())
            .count()));
    append_counts(out, file_watch_->counts_of(*tls_files_), "sse_tls", "TLS");
  });
}

void EventServer::reload_files() {
  if (!file_watch_->is_empty()) file_watch_->reload_soon();
}

int EventServer::reload_fd() const {
  return file_watch_->is_empty() ? -1 : file_watch_->wake_fd();
}

}  // namespace sse::server
