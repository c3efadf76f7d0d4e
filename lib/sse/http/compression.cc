#include "sse/http/compression.h"

#include <array>
#include <string>
#include <string_view>

#include "sse/http/characters.h"
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

/// A body of a length that is known is a file, whose forms were made with it.
bool may_be_coded(const Response& response) {
  const Fields& fields = response.fields;
  return response.status == 200 && !(response.pieces && response.length) && fields.has("Vary") &&
         list_holds(fields.list("Vary"), "accept-encoding") &&
         is_compressible(fields.get("Content-Type")) && !fields.has("Content-Encoding") &&
         !fields.has("Content-Range") && !fields.get("ETag").starts_with('"') &&
         !(fields.has("Cache-Control") && list_holds(fields.list("Cache-Control"), "no-transform"));
}

bool is_long(const Response& response) {
  return response.pieces || response.body.size() >= kShortestToCompress;
}

}  // namespace

AcceptedCodings accepted_codings(const Request& request) {
  AcceptedCodings accepted;
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (!is_get || !request.fields.has(kAcceptEncoding)) return accepted;
  const std::string field = request.fields.list(kAcceptEncoding);
  accepted.gzip = choose_coding(field, kCodings) == ContentCoding::kGzip;
  accepted.identity = choose_coding(field, std::array{ContentCoding::kIdentity}).has_value();
  return accepted;
}

ContentCoding choose_compression(const AcceptedCodings& accepted, Response& response) {
  const bool is_worth_it = is_long(response) || !accepted.identity;
  if (!accepted.gzip || !is_worth_it || !may_be_coded(response)) return ContentCoding::kIdentity;
  response.fields.add("Content-Encoding", name_of(ContentCoding::kGzip));
  return ContentCoding::kGzip;
}

}  // namespace sse::http
