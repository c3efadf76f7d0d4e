#include "sse/gate/ask_store.h"

#include <string>

#include "sse/base/logging.h"
#include "sse/http/request.h"

namespace sse::gate {

Error refusal_of_store(const http::Request& request, const Error& why) {
  log_line(LogLevel::kInfo,
           request.remote_address + ": " + request.method + ": tickets and sessions: " + why.text);
  if (why.code == ErrorCode::kFull) {
    return {ErrorCode::kFull, "what keeps tickets and sessions has no room for more"};
  }
  return {ErrorCode::kUnavailable, "what keeps tickets and sessions does not answer"};
}

}  // namespace sse::gate
