#include "sse/http/error_response.h"

#include "sse/http/response.h"
#include "sse/json/string.h"

namespace sse::http {

void error_response(Response& response, int status, std::string_view text) {
  response.status = status;
  response.pieces = nullptr;
  response.length.reset();
  std::string body = "{\"error\":";
  json::append_string(body, text);
  body += '}';
  response.set_content(std::move(body), "application/json");
}

}  // namespace sse::http
