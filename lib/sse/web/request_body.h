#pragma once

/// \file
/// Bodies that hold one item or many: a JSON object, a JSON array, or NDJSON. For many: batch.h.

#include <string_view>

#include "sse/base/result.h"
#include "sse/json/reader.h"

namespace sse::http {
struct Request;
}

namespace sse::web {

enum class BodyShape {
  kObject,
  kArray,  ///< all of it is JSON, or nothing is done
  kLines,  ///< each line for itself
};

struct RequestBody {
  BodyShape shape = BodyShape::kObject;
  std::string_view text;  ///< without white space around it
};

/// NDJSON when the Content-Type says application/x-ndjson, else JSON whatever it says, so that
/// `curl -d` just works. Error: kInvalid for an empty body. The request must outlive what is
/// returned.
Result<RequestBody> read_request_body(const http::Request& request);

/// One object: a body that cannot be many.
Status read_object(const http::Request& request, json::Reader& reader);

}  // namespace sse::web
