#pragma once

/// \file
/// Bodies that hold one item or many: a JSON object, a JSON array, or NDJSON.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/api/json_reader.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"

namespace httplib {
struct Request;
struct Response;
}  // namespace httplib

namespace sse::api {

/// Bounds the answer, which has a result for each item, however short the items are.
inline constexpr std::size_t kMaxBatchItems = 65'536;

enum class BodyShape {
  kObject,
  kArray,  ///< all of it is JSON, or nothing is done
  kLines,  ///< each line for itself
};

struct RequestBody {
  BodyShape shape = BodyShape::kObject;
  std::vector<std::string_view> items;  ///< of many; of one: the whole body
};

/// NDJSON when the Content-Type says application/x-ndjson, else JSON whatever it says, so that
/// `curl -d` just works. Errors: kInvalid for an empty body, kTooLarge for more than
/// kMaxBatchItems. The request must outlive what is returned.
Result<RequestBody> read_request_body(const httplib::Request& request);

/// One object: a body that cannot be many.
Status read_object(const httplib::Request& request, JsonReader& reader);

/// Reads each item with `parse` (a Result<T> from a JsonObject). Error: kInvalid when an array is
/// not JSON: then nothing of it may be done.
template <typename T, typename Parse>
Result<std::vector<Result<T>>> parse_items(const RequestBody& body, const Parse& parse) {
  JsonReader reader;
  std::vector<Result<T>> parsed;
  parsed.reserve(body.items.size());
  for (const std::string_view item : body.items) {
    const JsonOutcome outcome = reader.read(item);
    if (outcome == JsonOutcome::kNotJson && body.shape == BodyShape::kArray) {
      return Error{ErrorCode::kInvalid, "item " + std::to_string(parsed.size()) +
                                            " of the array: " + reader.error().text};
    }
    if (outcome == JsonOutcome::kObject) {
      parsed.push_back(parse(reader.object()));
    } else {
      parsed.emplace_back(reader.error());
    }
  }
  return parsed;
}

/// `{"accepted":N,"rejected":M,"results":[{"id"}|{"error"}...]}`, built item by item.
class BatchAnswer {
 public:
  void accept(const Uuid& id);
  void reject(const Error& error);
  /// 200; but the error itself when nothing was accepted because nothing can be now (draining).
  void send(httplib::Response& response);

 private:
  void separate();

  std::string results_;
  std::size_t accepted_ = 0;
  std::size_t rejected_ = 0;
  std::optional<Error> unavailable_;
};

}  // namespace sse::api
