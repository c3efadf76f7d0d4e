#include "sse/http/compression.h"

#include <array>
#include <string>
#include <string_view>

#include "sse/http/characters.h"
#include "sse/http/error_response.h"
#include "sse/http/request.h"
#include "sse/http/response.h"

namespace sse::http {
namespace {

constexpr std::string_view kAcceptEncoding = "Accept-Encoding";
constexpr std::array kCodings = {ContentCoding::kGzip, ContentCoding::kIdentity};

constexpr std::string_view kText = "text/";
constexpr std::string_view kStream = "text/event-stream";
constexpr std::string_view kApplication = "application/";
constexpr std::array<std::string_view, 5> kApplications = {
    "json", "x-ndjson", "xml", "javascript", "openmetrics-text",
};

bool begins_with(std::string_view text, std::string_view lower_case) {
  return equals_ignoring_case(text.substr(0, lower_case.size()), lower_case);
}

bool ends_with(std::string_view text, std::string_view lower_case) {
  return text.size() > lower_case.size() &&
         equals_ignoring_case(text.substr(text.size() - lower_case.size()), lower_case);
}

/// Text, but not the text of a stream: an event would wait in the compressor.
bool is_compressible(std::string_view content_type) {
  const std::string_view type = take_part(content_type, ';');
  if (begins_with(type, kText)) return !equals_ignoring_case(type, kStream);
  if (ends_with(type, "+json") || ends_with(type, "+xml")) return true;
  if (!begins_with(type, kApplication)) return false;
  const std::string_view subtype = type.substr(kApplication.size());
  for (const auto known : kApplications) {
    if (equals_ignoring_case(subtype, known)) return true;
  }
  return false;
}

/// Whether the bytes may be others than those of the handler. A body of a length that it has told
/// is a file, whose forms were made with it.
bool may_be_coded(const Response& response) {
  const Fields& fields = response.fields;
  return response.status == 200 && !(response.pieces && response.length) &&
         is_compressible(fields.get("Content-Type")) && !fields.has("Content-Encoding") &&
         !fields.has("Content-Range") &&
         !(fields.has("Cache-Control") && list_holds(fields.list("Cache-Control"), "no-transform"));
}

bool is_long(const Response& response) {
  return response.pieces || response.body.size() >= kShortestToCompress;
}

/// RFC 9110 section 8.8.3.3: bytes that differ have no strong tag in common.
void weaken_entity_tag(Fields& fields) {
  const std::string tag(fields.get("ETag"));
  if (tag.starts_with('"')) fields.set("ETag", "W/" + tag);
}

}  // namespace

AcceptedCodings accepted_codings(const Request& request) {
  AcceptedCodings accepted;
  accepted.is_asked = request.method == "GET" || request.method == "HEAD";
  if (!accepted.is_asked || !request.fields.has(kAcceptEncoding)) return accepted;
  const std::string field = request.fields.list(kAcceptEncoding);
  accepted.gzip = choose_coding(field, kCodings) == ContentCoding::kGzip;
  accepted.identity = choose_coding(field, std::array{ContentCoding::kIdentity}).has_value();
  return accepted;
}

ContentCoding choose_compression(const AcceptedCodings& accepted, Response& response) {
  const bool is_short = !is_long(response);
  if (!accepted.is_asked || (is_short && accepted.identity) || !may_be_coded(response)) {
    return ContentCoding::kIdentity;
  }
  response.fields.add("Vary", kAcceptEncoding);
  if (accepted.gzip) {
    response.fields.add("Content-Encoding", name_of(ContentCoding::kGzip));
    weaken_entity_tag(response.fields);
    return ContentCoding::kGzip;
  }
  if (!accepted.identity) {
    error_response(response, 406,
                   "Accept-Encoding allows neither of the codings that there are: gzip identity");
  }
  return ContentCoding::kIdentity;
}

}  // namespace sse::http
