#include "sse/http/static_files.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "sse/http/content_coding.h"
#include "sse/http/entity_tag.h"
#include "sse/http/error_response.h"
#include "sse/http/router.h"

namespace sse::http {
namespace {

constexpr std::size_t kPiece = 64U << 10U;

std::optional<std::string> list_of(const Fields& fields, std::string_view name) {
  return fields.has(name) ? std::optional(fields.list(name)) : std::nullopt;
}

/// The handler of one file.
class FileRoute {
 public:
  FileRoute(const StaticFile& file, std::shared_ptr<const HeaderFields> fields)
      : file_(file), fields_(std::move(fields)) {
    // In the order of preference: the smallest first.
    if (!file.brotli.empty()) codings_.push_back(ContentCoding::kBrotli);
    if (!file.gzip.empty()) codings_.push_back(ContentCoding::kGzip);
    codings_.push_back(ContentCoding::kIdentity);
  }

  void operator()(Call& call) const {
    const Fields& asked = call.request().fields;
    Response& response = call.response();
    for (const auto& [name, value] : *fields_) response.fields.add(name, value);
    response.fields.add("X-Content-Type-Options", "nosniff");
    if (codings_.size() > 1) response.fields.add("Vary", "Accept-Encoding");
    const auto coding = choose_coding(list_of(asked, "Accept-Encoding"), codings_);
    if (!coding) return refuse(response);
    const std::string tag = entity_tag(*coding);
    response.fields.add("ETag", tag);
    response.fields.add("Cache-Control", file_.freshness == Freshness::kForEver
                                             ? "public, max-age=31536000, immutable"
                                             : "no-cache");
    const auto known = list_of(asked, "If-None-Match");
    if (known && lists_entity_tag(*known, tag)) {
      response.status = 304;
    } else {
      send(response, *coding);
    }
  }

 private:
  /// Forms that differ in their bytes need tags that differ (RFC 9110 section 8.8.3.3).
  std::string entity_tag(ContentCoding coding) const {
    std::string tag = "\"" + std::string(file_.content_hash);
    if (coding != ContentCoding::kIdentity) tag.append("-").append(name_of(coding));
    return tag + "\"";
  }

  std::string_view bytes_in(ContentCoding coding) const {
    switch (coding) {
      case ContentCoding::kBrotli:
        return file_.brotli;
      case ContentCoding::kGzip:
        return file_.gzip;
      case ContentCoding::kIdentity:
        break;
    }
    return file_.bytes;
  }

  void send(Response& response, ContentCoding coding) const {
    response.status = 200;
    const auto bytes = bytes_in(coding);
    if (coding != ContentCoding::kIdentity) {
      response.fields.add("Content-Encoding", name_of(coding));
    }
    response.fields.set("Content-Type", file_.content_type);
    // From where they are, piece by piece as the socket drains: nothing is held for a slow peer.
    response.length = bytes.size();
    response.pieces = [bytes, sent = std::size_t{0}](std::string& out, const auto&) mutable {
      const auto piece = bytes.substr(sent, kPiece);
      out += piece;
      sent += piece.size();
      return sent == bytes.size() ? Piece::kLast : Piece::kMore;
    };
  }

  void refuse(Response& response) const {
    std::string text =
        std::string(file_.path) + " comes in no encoding that Accept-Encoding allows; there is";
    for (const auto coding : codings_) text.append(" ").append(name_of(coding));
    error_response(response, 406, text);
  }

  StaticFile file_;
  std::shared_ptr<const HeaderFields> fields_;
  std::vector<ContentCoding> codings_;
};

}  // namespace

void add_static_files(Router& router, std::span<const StaticFile> files, HeaderFields fields) {
  const auto shared = std::make_shared<const HeaderFields>(std::move(fields));
  for (const auto& file : files) {
    router.add("GET", std::string(file.path), FileRoute(file, shared), RouteNeeds::nothing());
  }
}

}  // namespace sse::http
