#include "sse/http/error_response.h"

#include <httplib.h>

#include "sse/json/string.h"

namespace sse::http {
void error_response(httplib::Response& response, int status, std::string_view text) {
  response.status = status;
  response.body = "{\"error\":";
  json::append_string(response.body, text);
  response.body += "}";
  response.headers.erase("Content-Type");
  response.headers.emplace("Content-Type", "application/json");
}

}  // namespace sse::http
