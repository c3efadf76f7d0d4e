#include "sse/http/compression.h"

#include <optional>
#include <string>
#include <string_view>

#include "sse/http/request.h"
#include "sse/http/response.h"

#include "support/catch.h"

namespace sse::http {
namespace {

Request asking(std::optional<std::string_view> accept_encoding, std::string_view method = "GET") {
  Request request;
  request.method = method;
  if (accept_encoding) request.fields.add("Accept-Encoding", *accept_encoding);
  return request;
}

Response answering(std::string_view type = "application/json", std::size_t size = 5000) {
  Response response;
  response.set_content(std::string(size, 'x'), type);
  response.fields.add("Vary", "Accept-Encoding");
  return response;
}

/// `gzip` or `identity`.
std::string sent(const Request& request, Response response) {
  const auto coding = choose_compression(accepted_codings(request), response);
  CHECK(response.fields.get("Content-Encoding") ==
        (coding == ContentCoding::kGzip ? "gzip" : std::string_view()));
  CHECK(response.status == 200);
  return std::string(name_of(coding));
}

TEST_CASE("Accept-Encoding decides about a long answer", "[http][compression]") {
  struct Row {
    std::optional<std::string_view> accept_encoding;
    std::string_view of_long, of_short;
  };
  const Row rows[] = {
      {std::nullopt, "identity", "identity"},
      {"", "identity", "identity"},
      {"gzip", "gzip", "identity"},
      {"GZIP", "gzip", "identity"},
      {"x-gzip", "gzip", "identity"},
      {"gzip, deflate, br, zstd", "gzip", "identity"},
      {"br, deflate", "identity", "identity"},
      {"*", "gzip", "identity"},
      {"*;q=0.1", "gzip", "identity"},
      {"gzip;q=0", "identity", "identity"},
      {"gzip;q=0, *", "identity", "identity"},
      {"gzip;q=0.5, identity", "identity", "identity"},
      {"gzip;q=0.5, identity;q=0.5", "gzip", "identity"},
      {"gzip;q=0.4, identity;q=0.5", "identity", "identity"},
      {"gzip, identity;q=0", "gzip", "gzip"},
      {"gzip, *;q=0", "gzip", "gzip"},
      {"*, identity;q=0", "gzip", "gzip"},
      // None is acceptable: identity all the same.
      {"identity;q=0", "identity", "identity"},
      {"*;q=0", "identity", "identity"},
      {"br, *;q=0", "identity", "identity"},
      {"*;q=0, identity;q=0.1", "identity", "identity"},
      {"gzip;q=2", "identity", "identity"},
      {"gzip;level=1", "identity", "identity"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.accept_encoding.value_or("(none)"));
    CHECK(sent(asking(row.accept_encoding), answering()) == row.of_long);
    CHECK(sent(asking(row.accept_encoding), answering("application/json", 1023)) == row.of_short);
  }
}

TEST_CASE("Only text is compressed, and never a stream", "[http][compression]") {
  for (const auto* type : {"application/json", "application/json; charset=utf-8",
                           "Application/JSON", "application/problem+json", "application/x-ndjson",
                           "text/plain", "text/csv; header=present", "text/plain; version=0.0.4",
                           "application/openmetrics-text; version=1.0.0", "image/svg+xml"}) {
    CAPTURE(type);
    CHECK(sent(asking("gzip"), answering(type)) == "gzip");
  }
  for (const auto* type : {"text/event-stream", "Text/Event-Stream; charset=utf-8", "image/png",
                           "application/octet-stream", "application/jsonp", "", "json"}) {
    CAPTURE(type);
    CHECK(sent(asking("gzip"), answering(type)) == "identity");
  }
}

TEST_CASE("Only what was asked for with GET or HEAD is compressed", "[http][compression]") {
  CHECK(sent(asking("gzip", "HEAD"), answering()) == "gzip");
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    Response response = answering();
    CHECK(sent(asking("gzip", method), response) == "identity");
  }
}

TEST_CASE("What is a part, coded already, an error, or not to be changed is left as it is",
          "[http][compression]") {
  const auto left = [](const auto& change) {
    Response response = answering();
    change(response);
    const std::size_t fields = response.fields.size();
    const auto coding = choose_compression(accepted_codings(asking("gzip")), response);
    return coding == ContentCoding::kIdentity && response.fields.size() == fields;
  };
  CHECK(left([](Response& response) { response.fields.add("Content-Encoding", "br"); }));
  CHECK(left([](Response& response) { response.fields.add("ETag", "\"a\""); }));
  CHECK(left([](Response& response) { response.fields.add("Content-Range", "bytes 0-9/90"); }));
  CHECK(left([](Response& response) {
    response.fields.add("Cache-Control", "no-store");
    response.fields.add("Cache-Control", "private, No-Transform");
  }));
  for (const int status : {201, 204, 206, 304, 404, 500}) {
    CHECK(left([status](Response& response) { response.status = status; }));
  }
  CHECK(left([](Response& response) {
    response.length = 5000;
    response.pieces = [](auto&, const auto&) { return Piece::kLast; };
  }));
}

TEST_CASE("Only an answer whose handler says that it varies is compressed", "[http][compression]") {
  const auto coding = [](std::string_view vary) {
    Response response = answering();
    response.fields.clear();
    response.fields.set("Content-Type", "application/json");
    if (!vary.empty()) response.fields.add("Vary", vary);
    return sent(asking("gzip"), response);
  };
  CHECK(coding("") == "identity");
  CHECK(coding("Origin") == "identity");
  CHECK(coding("*") == "identity");
  CHECK(coding("Accept-Encoding") == "gzip");
  CHECK(coding("Origin, accept-encoding") == "gzip");
}

TEST_CASE("A strong entity tag names one form, a weak one may name two", "[http][compression]") {
  const auto coding = [](std::string_view tag) {
    Response response = answering();
    response.fields.add("ETag", tag);
    return sent(asking("gzip"), response);
  };
  CHECK(coding("\"a\"") == "identity");
  CHECK(coding("W/\"a\"") == "gzip");
}

}  // namespace
}  // namespace sse::http
