#pragma once

/// \file
/// Bodies that hold one item or many: a JSON object, a JSON array, or NDJSON. For one:
/// one_object.h; for many: batch.h.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sse/base/result.h"

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

/// In steps of a Budget: what it takes to publish what was made of so many bytes. Data of many
/// lines takes longest.
constexpr std::uint64_t steps_to_publish(std::size_t bytes) {
  return 120 + bytes / 4;
}

/// Error: kInvalid for an empty body.
Status check_body(const http::Request& request);

}  // namespace sse::web
