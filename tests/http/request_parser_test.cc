#include "sse/http/request_parser.h"

#include <httplib.h>

#include "support/catch.h"

namespace sse::http {
namespace {

TEST_CASE("A request reads", "[http][parser]") {
  RequestParser parser({});
  httplib::Request request;
  const std::string bytes = "POST /a%20b?x=1+2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi!";
  CHECK(parser.feed(bytes, request) == bytes.size() - 1);
  CHECK(parser.progress() == RequestParser::Progress::kComplete);
}

}  // namespace
}  // namespace sse::http
