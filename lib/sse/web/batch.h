#pragma once

/// \file
/// Bodies that hold many items: read, published and answered in slices (http/call.h), so that a
/// batch never holds up its loop.
///
///     kCounting -> kChecking -> kPublishing -> kAnswering
///                  of arrays        |              ^
///                                   v              |
///                                 kAwaiting, where outcomes come later

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "sse/base/budget.h"
#include "sse/base/draft.h"
#include "sse/base/ip_address.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/http/call.h"
#include "sse/json/items.h"
#include "sse/json/reader.h"
#include "sse/web/batch_results.h"
#include "sse/web/request_body.h"

namespace sse::web {

/// Bounds the response, which has a result for each item, however short the items are.
inline constexpr std::size_t kMaxBatchItems = 65'536;

/// A larger body of a response is made in pieces, from its BatchResults: those take a third.
inline constexpr std::size_t kMaxWholeBatchBody = std::size_t{1} << 20U;

/// The response of a batch, all of it at once; one with a body past kMaxWholeBatchBody has a length
/// and no body.
void answer_whole(const BatchResults& results, http::Response& response);

/// The work on one batch: its items are added to a draft, which is published a slice at a time, or
/// all at once where outcomes come later (Draft::answers_at_once()). Nothing is published before
/// all items are counted and, of an array, known to be JSON. Thread-compatible.
class Batch final {
 public:
  /// Adds what the object says to the draft, under the number `slot`. Error: it did not.
  using Add = std::function<Status(const json::Object& object, std::size_t slot)>;

  /// `body`: many items; its text must outlive this. `add`: adds to `draft`. `repeat`: of the call
  /// (http::Call::repeat()), and so is `on_more_events`. `peer`: whose request it is
  /// (http::Request::group).
  Batch(const RequestBody& body, std::unique_ptr<Draft> draft, Add add,
        http::Call::Repeat repeat = nullptr, http::Call::MoreEvents on_more_events = nullptr,
        const std::optional<IpAddress>& peer = std::nullopt);
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// An http::SlicedWork. Its budget counts the items, their bytes and what they publish.
  http::Slice go_on(http::Response& response, Budget& budget,
                    const FunctionRef<http::Resume()>& later);

 private:
  enum class Stage : std::uint8_t { kCounting, kChecking, kPublishing, kAwaiting, kAnswering };

  static json::Items items_of(const RequestBody& body);

  void enter(Stage stage);
  /// nullopt: the stage is over.
  std::optional<http::Slice> check(http::Response& response, Budget& budget);
  std::optional<http::Slice> publish_items(Budget& budget,
                                           const FunctionRef<http::Resume()>& later);
  http::Slice answer(http::Response& response, Budget& budget);

  /// nullopt: the item is good, or read on in the next slice.
  std::optional<Error> check_item(Budget& budget);
  void add_item(Budget& budget);
  /// Reads the item that the walk is at. nullopt: the budget is spent before its end.
  std::optional<json::Outcome> read_item(Budget& budget);
  /// A step of the walk, and what it costs; none while an item is being read.
  json::Items::Step next_item(Budget& budget);
  Draft::Answered publish(const FunctionRef<http::Resume()>& later);

  const RequestBody body_;
  const std::unique_ptr<Draft> draft_;
  const Add add_;
  const http::Call::Repeat repeat_;
  http::Call::MoreEvents on_more_events_;  // null once it was called
  const std::optional<IpAddress> peer_;
  Stage stage_ = Stage::kCounting;
  json::Items items_;
  json::Reader reader_;
  bool is_reading_ = false;  // in the middle of an item
  std::size_t count_ = 0;    // of the items that this stage has seen
  BatchResults results_;
  BatchResults::Position written_;
  std::optional<Error> refusal_;  // of all that was to be published
  // What was awaited: it may come on another thread, and when this is gone.
  const std::shared_ptr<BatchResults> known_ = std::make_shared<BatchResults>();
};

/// Answers `call`, whose body holds many items, which `add` adds to `draft`.
void answer_batch(http::Call& call, const RequestBody& body, std::unique_ptr<Draft> draft,
                  Batch::Add add);

}  // namespace sse::web
