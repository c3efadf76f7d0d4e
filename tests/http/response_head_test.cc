#include "sse/http/response_head.h"

#include <string>

#include "sse/http/error_response.h"
#include "sse/http/router.h"

#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::string_literals;

TEST_CASE("A field that would break the framing is left out", "[http][response]") {
  http::Response response;
  response.status = 200;
  response.fields.add("Good", "a\tb \xC3\xA4");
  response.fields.add("Bad", "x\r\nSet-Cookie: evil");
  response.fields.add("Bad", "x\ny");
  response.fields.add("Bad", "x\0y"s);
  response.fields.add("Bad\r\nEvil", "x");
  response.fields.add("Bad name", "x");
  std::string head;
  append_head(head, response, {});
  CHECK(head == "HTTP/1.1 200 OK\r\nGood: a\tb \xC3\xA4\r\n\r\n");
}

TEST_CASE("Length and connection are the connection's to say", "[http][response]") {
  http::Response response;
  response.status = 404;
  response.fields.add("Content-Length", "99");
  response.fields.add("Transfer-Encoding", "chunked");
  response.fields.add("Connection", "keep-alive");
  std::string head;
  append_head(head, response, {BodyForm::kSized, 0, "now", "close"});
  CHECK(head ==
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nDate: now\r\nConnection: close\r\n\r\n");
}

TEST_CASE("Dates are as RFC 9110 writes them", "[http][response]") {
  CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("An error is JSON, whatever is in its text", "[http][response]") {
  http::Response response;
  response.fields.add("Content-Type", "text/plain");
  response.fields.add("Vary", "Origin");
  error_response(response, 400, "a \"b\" \\ \n \x01 \xC3\xA4 \xFF.");
  CHECK(response.status == 400);
  CHECK(response.body == "{\"error\":\"a \\\"b\\\" \\\\ \\n \\u0001 \xC3\xA4 \xEF\xBF\xBD.\"}");
  CHECK(response.fields.get("Content-Type") == "application/json");
  CHECK(response.fields.count("Content-Type") == 1);
  CHECK(response.fields.has("Vary"));
}

}  // namespace
}  // namespace sse::http
