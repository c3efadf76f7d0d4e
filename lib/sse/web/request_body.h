#pragma once

/// \file
/// Bodies that hold one item or many: a JSON object, a JSON array, or NDJSON.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/result.h"
#include "sse/base/uuid.h"
#include "sse/json/reader.h"

namespace sse::http {
struct Request;
struct Response;
}  // namespace sse::http

namespace sse::web {

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
Result<RequestBody> read_request_body(const http::Request& request);

/// One object: a body that cannot be many.
Status read_object(const http::Request& request, json::Reader& reader);

/// A slot for each item, filled by `parse` (a Status from a json::Object and the slot) or with the
/// error of what it could not read. Error: kInvalid when an array is not JSON: then nothing of it
/// may be done.
template <typename Slot, typename Parse>
Result<std::vector<Slot>> parse_slots(const RequestBody& body, const Parse& parse) {
  json::Reader reader;
  std::vector<Slot> slots(body.items.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const json::Outcome outcome = reader.read(body.items[i]);
    if (outcome == json::Outcome::kNotJson && body.shape == BodyShape::kArray) {
      return Error{ErrorCode::kInvalid,
                   "item " + std::to_string(i) + " of the array: " + reader.error().text};
    }
    if (outcome != json::Outcome::kObject) {
      slots[i].error = reader.error();
    } else if (auto status = parse(reader.object(), slots[i]); !status) {
      slots[i].error = std::move(status).error();
    }
  }
  return slots;
}

/// `{"accepted":N,"rejected":M,"results":[{"id"}|{"error"}...]}`, built item by item.
class BatchAnswer {
 public:
  void accept(const Uuid& id);
  void reject(const Error& error);
  /// 200; but the error itself when nothing was accepted because nothing can be now (draining), or
  /// when it is not known whether anything was.
  void send(http::Response& response);

 private:
  void separate();

  std::string results_;
  std::size_t accepted_ = 0;
  std::size_t rejected_ = 0;
  std::optional<Error> of_all_;  ///< an error that is not about one item
};

/// Answers a batch from its slots; `id_of` an accepted one.
template <typename Slots, typename IdOf>
void answer_batch(http::Response& response, const Slots& slots, const IdOf& id_of) {
  BatchAnswer answer;
  for (const auto& slot : slots) {
    if (slot.error) {
      answer.reject(*slot.error);
    } else {
      answer.accept(id_of(slot));
    }
  }
  answer.send(response);
}

}  // namespace sse::web
