#include "sse/http/two/request_text.h"

#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"

namespace sse::http {
namespace {

using FieldList = std::vector<std::pair<std::string, std::string>>;

const FieldList kGet = {
    {":method", "GET"}, {":scheme", "http"}, {":authority", "hub"}, {":path", "/events?a=b"}};

FieldList with(FieldList fields, const FieldList& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

std::string text_of(const FieldList& fields, bool ends = true) {
  RequestText text(1000);
  for (const auto& [name, value] : fields) text.add(name, value);
  return text.finish(ends).value_or("malformed");
}

TEST_CASE("The fields of an HTTP/2 request become the head of HTTP/1.1", "[http][two]") {
  CHECK(text_of(with(kGet, {{"accept", "text/event-stream"}, {"last-event-id", "a: b"}})) ==
        "GET /events?a=b HTTP/1.1\r\nhost: hub\r\naccept: text/event-stream\r\n"
        "last-event-id: a: b\r\n\r\n");
}

TEST_CASE("Cookie fields are joined", "[http][two]") {
  CHECK(text_of(with(kGet, {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}})) ==
        "GET /events?a=b HTTP/1.1\r\nhost: hub\r\nx: y\r\ncookie: a=1; b=2\r\n\r\n");
}

TEST_CASE("A body without a length is chunked, one with a length is not", "[http][two]") {
  RequestText text(1000);
  for (const auto& [name, value] : kGet) text.add(name, value);
  CHECK(text.finish(false).value() ==
        "GET /events?a=b HTTP/1.1\r\nhost: hub\r\ntransfer-encoding: chunked\r\n\r\n");
  CHECK(text.body_form() == RequestText::BodyForm::kChunked);
  CHECK(text_of(with(kGet, {{"content-length", "5"}}), false) ==
        "GET /events?a=b HTTP/1.1\r\nhost: hub\r\ncontent-length: 5\r\n\r\n");
  std::string chunk;
  append_chunk(chunk, "0123456789abcdefg");
  CHECK(chunk == "11\r\n0123456789abcdefg\r\n");
}

TEST_CASE("An authority stands where Host does, and one that differs from it beside it",
          "[http][two]") {
  CHECK(text_of(with(kGet, {{"host", "HUB"}})) == "GET /events?a=b HTTP/1.1\r\nhost: hub\r\n\r\n");
  CHECK(text_of(with(kGet, {{"host", "other"}})) ==
        "GET /events?a=b HTTP/1.1\r\nhost: hub\r\nhost: other\r\n\r\n");
  CHECK(text_of({{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {"host", "hub"}}) ==
        "GET / HTTP/1.1\r\nhost: hub\r\n\r\n");
}

TEST_CASE("What HTTP/1.1 would read otherwise is malformed", "[http][two]") {
  const FieldList bad = {{"Upper", "a"},
                         {"connection", "close"},
                         {"keep-alive", "a"},
                         {"upgrade", "h2c"},
                         {"te", "gzip"},
                         {"transfer-encoding", "chunked"},
                         {"proxy-connection", ""},
                         {"a b", "c"},
                         {"", "a"},
                         {"a", "b\r\nc: d"},
                         {"a", "b\nc"},
                         {"a", std::string("b\0c", 3)},
                         {"a", " b"},
                         {"a", "b "},
                         {":path", "/second"},
                         {":unknown", "a"}};
  for (const auto& field : bad) {
    INFO(field.first << ": " << field.second);
    CHECK(text_of(with(kGet, {field})) == "malformed");
  }
  CHECK(text_of(with(kGet, {{"te", "trailers"}})) != "malformed");
  const FieldList bad_paths = {{":path", ""},
                               {":path", "/a b"},
                               {":path", "events"},
                               {":path", "/a\r\nb"},
                               {":path", "http://hub/"}};
  for (const auto& path : bad_paths) {
    CHECK(text_of({{":method", "GET"}, {":scheme", "http"}, {":authority", "hub"}, path}) ==
          "malformed");
  }
  CHECK(text_of({{":method", "GET"}, {":scheme", "http"}, {":authority", "hub"}}) == "malformed");
  CHECK(text_of({{":method", "G T"}, {":scheme", "http"}, {":path", "/"}}) == "malformed");
  CHECK(text_of({{":method", "GET"}, {":scheme", "ftp"}, {":path", "/"}}) == "malformed");
  CHECK(text_of({{":method", "GET"}, {":path", "/"}}) == "malformed");
  CHECK(text_of({{"a", "b"}, {":method", "GET"}, {":scheme", "http"}, {":path", "/"}}) ==
        "malformed");
}

TEST_CASE("A head that is too large is longer than the limit, and not by much", "[http][two]") {
  RequestText text(100);
  for (const auto& [name, value] : kGet) text.add(name, value);
  for (int i = 0; i < 1000; ++i) text.add("x", std::string(50, 'y'));
  const auto head = text.finish(true).value();
  CHECK(head.size() > 100);
  CHECK(head.size() < 300);
  CHECK(text.size() > 50'000);
}

TEST_CASE("The limit of a head is one for all of its parts together", "[http][two]") {
  RequestText text(1000);
  const std::string large(900, 'y');
  for (const auto* const name : {":authority", "host", "cookie", "x"}) {
    if (std::string_view(name) == "host") {
      text.add(":method", "GET");
      text.add(":path", "/" + large);
      text.add(":scheme", "http");
    }
    text.add(name, large);
  }
  const auto head = text.finish(true).value();
  CHECK(head.size() > 1000);
  CHECK(head.size() < 1200);
}

}  // namespace
}  // namespace sse::http
