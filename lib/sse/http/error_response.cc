#include "sse/http/error_response.h"

#include <httplib.h>

#include "sse/base/json_string.h"

namespace sse::http {
void error_response(httplib::Response& response, int status, std::string_view text) {
  response.status = status;
  response.body = "{\"error\":";
  append_json_string(response.body, text);
  response.body += "}";
  response.headers.erase("Content-Type");
  response.headers.emplace("Content-Type", "application/json");
}

}  // namespace sse::http
