#include "sse/gate/departure.h"

#include "sse/base/result.h"
#include "sse/gate/methods.h"
#include "sse/web/answer.h"

namespace sse::gate {

http::Verdict Departure::admit(http::Call& call) const {
  if (!has_begun_ || !is_write(call.request().method)) return http::Verdict::kGoOn;
  web::answer_error(call.response(),
                    {ErrorCode::kUnavailable,
                     "another process has this hub: send this again, on a new connection"});
  return http::Verdict::kAnswered;
}

}  // namespace sse::gate
