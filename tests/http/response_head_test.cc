#include "sse/http/response_head.h"

#include <string>

#include <httplib.h>

#include "sse/http/error_response.h"
#include "sse/http/router.h"

#include "support/catch.h"

namespace sse::http {
namespace {

using namespace std::string_literals;

TEST_CASE("A field that would break the framing is left out", "[http][response]") {
  httplib::Response response;
  response.status = 200;
  response.headers.emplace("Good", "a\tb \xC3\xA4");
  response.headers.emplace("Bad", "x\r\nSet-Cookie: evil");
  response.headers.emplace("Bad", "x\ny");
  response.headers.emplace("Bad", "x\0y"s);
  response.headers.emplace("Bad\r\nEvil", "x");
  response.headers.emplace("Bad name", "x");
  CHECK(render_head(response) == "HTTP/1.1 200 OK\r\nGood: a\tb \xC3\xA4\r\n\r\n");
  std::string head;
  append_head(head, response, {});
  CHECK(head == "HTTP/1.1 200 OK\r\nGood: a\tb \xC3\xA4\r\n\r\n");
}

TEST_CASE("Length and connection are the connection's to say", "[http][response]") {
  httplib::Response response;
  response.status = 404;
  response.headers.emplace("Content-Length", "99");
  response.headers.emplace("Transfer-Encoding", "chunked");
  response.headers.emplace("Connection", "keep-alive");
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
  httplib::Response response;
  response.headers.emplace("Content-Type", "text/plain");
  response.headers.emplace("Vary", "Origin");
  error_response(response, 400, "a \"b\" \\ \n \x01 \xC3\xA4 \xFF.");
  CHECK(response.status == 400);
  CHECK(response.body == "{\"error\":\"a \\\"b\\\" \\\\ \\n \\u0001 \xC3\xA4 \xEF\xBF\xBD.\"}");
  CHECK(response.get_header_value("Content-Type") == "application/json");
  CHECK(response.get_header_value_count("Content-Type") == 1);
  CHECK(response.has_header("Vary"));
}

}  // namespace
}  // namespace sse::http
