#include "sse/server/tls_files.h"

#include <sys/stat.h>

#include <utility>

#include "sse/base/opened_file.h"
#include "sse/base/time_text.h"

namespace sse::server {
namespace {

// A chain has a few kilobytes; a bundle of all authorities of a system 250.
constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

Result<std::string> read(const std::string& path, FileSecrecy secrecy) {
  if (path.empty()) return std::string();
  return read_checked(path, kMostBytes, secrecy);
}

}  // namespace

Result<LoadedTls> TlsFiles::load(WallTime now) {
  seen_ = versions();  // before they are read: a change meanwhile is a change
  net::TlsMaterial material;
  material.certificate = SSE_TRY(read(settings_.certificate, FileSecrecy::kHashes));
  material.key = SSE_TRY(read(settings_.key, FileSecrecy::kSecrets));
  material.client_ca = SSE_TRY(read(settings_.client_ca, FileSecrecy::kHashes));
  auto made = net::TlsContext::make(material, {settings_.least, {"h2", "http/1.1"}});
  if (!made) {
    const std::string files = settings_.certificate + " and " + settings_.key +
                              (settings_.client_ca.empty() ? "" : ", " + settings_.client_ca);
    return Error{made.error().code, "TLS with " + files + ": " + made.error().text};
  }
  LoadedTls loaded;
  loaded.context = *std::move(made);
  const auto remark = [&](const char* what, WallTime when) {
    loaded.remarks.push_back(settings_.certificate + ": the certificate " + what + " " +
                             format_rfc3339(when));
  };
  if (loaded.context->expires() <= now) remark("has expired at", loaded.context->expires());
  if (loaded.context->valid_from() > now) {
    remark("is not valid before", loaded.context->valid_from());
  }
  return loaded;
}

std::vector<std::optional<FileVersion>> TlsFiles::versions() const {
  std::vector<std::optional<FileVersion>> all;
  for (const auto* path : {&settings_.certificate, &settings_.key, &settings_.client_ca}) {
    if (path->empty()) continue;
    struct stat status {};
    const bool is_there = ::stat(path->c_str(), &status) == 0;
    all.push_back(is_there ? std::optional(FileVersion::of(status)) : std::nullopt);
  }
  return all;
}

}  // namespace sse::server
