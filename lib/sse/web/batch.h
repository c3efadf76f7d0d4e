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
#include <utility>
#include <vector>

#include "sse/base/budget.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/base/uuid.h"
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

/// How much of a batch is published together.
enum class BatchUnit : std::uint8_t {
  kSlice,  ///< what a slice has read
  kWhole,  ///< all of it, for a journal that answers later, and keeps all of a batch or nothing
};

/// The response of a batch, all of it at once; one with a body past kMaxWholeBatchBody has a length
/// and no body.
void answer_whole(const BatchResults& results, http::Response& response);

/// The work on one batch. Nothing is published before all items are counted and, of an array, known
/// to be JSON. Thread-compatible.
class Batch {
 public:
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  virtual ~Batch() = default;

  /// An http::SlicedWork. Its budget counts the items, their bytes and what they publish.
  http::Slice go_on(http::Response& response, Budget& budget,
                    const FunctionRef<http::Resume()>& later);

 protected:
  /// `body`: many items; its text must outlive this.
  Batch(const RequestBody& body, BatchUnit unit);

  /// The object behind those that were added, or an error in its place.
  virtual void add(const json::Object& object) = 0;
  virtual void add_error(Error error) = 0;
  /// How many were added and not taken yet.
  virtual std::size_t added() const = 0;
  /// Publishes what was added. False: the outcome is not known yet; then a Resume was taken.
  virtual bool publish(const FunctionRef<http::Resume()>& later) = 0;
  /// The outcomes of what was published go to `results`.
  virtual void take_outcomes(BatchResults& results) = 0;

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

  const RequestBody body_;
  const BatchUnit unit_;
  Stage stage_ = Stage::kCounting;
  json::Items items_;
  json::Reader reader_;
  bool is_reading_ = false;  // in the middle of an item
  std::size_t count_ = 0;    // of the items that this stage has seen
  BatchResults results_;
  BatchResults::Position written_;
};

/// A batch of slots that every layer writes into. `Use` has
///     using Slot                                         with std::optional<Error> error
///     Status parse(const json::Object&, Slot&) const
///     bool publish(std::vector<Slot>&, LaterSlots<std::vector<Slot>>)
///     static Uuid id_of(const Slot&)                           of one that was accepted
template <typename Use>
class SlotBatch final : public Batch {
 public:
  using Slots = std::vector<typename Use::Slot>;

  /// `repeat`: of the call (http::Call::repeat()).
  SlotBatch(const RequestBody& body, BatchUnit unit, Use use, const http::Call::Repeat& repeat = {})
      : Batch(body, unit), use_(std::move(use)) {
    if (!repeat) return;
    repeat_ = [repeat](const Slots& slots) {
      BatchResults results;
      write_results(slots, results);
      http::Response response;
      answer_whole(results, response);
      return repeat(response);
    };
  }

 private:
  void add(const json::Object& object) override {
    auto& slot = slots_.emplace_back();
    if (auto status = use_.parse(object, slot); !status) slot.error = std::move(status).error();
  }
  void add_error(Error error) override { slots_.emplace_back().error = std::move(error); }
  std::size_t added() const override { return slots_.size(); }

  bool publish(const FunctionRef<http::Resume()>& later) override {
    const auto when_known = [&]() -> std::function<void(Slots)> {
      return [known = known_, resume = later()](Slots slots) {
        *known = std::move(slots);
        resume();
      };
    };
    return use_.publish(slots_, {when_known, repeat_ ? &repeat_ : nullptr});
  }

  void take_outcomes(BatchResults& results) override {
    if (slots_.empty()) slots_ = std::move(*known_);
    write_results(slots_, results);
    slots_.clear();
  }

  static void write_results(const Slots& slots, BatchResults& results) {
    for (const auto& slot : slots) {
      if (slot.error) {
        results.reject(*slot.error);
      } else {
        results.accept(Use::id_of(slot));
      }
    }
  }

  const Use use_;
  RepeatText<Slots> repeat_;
  Slots slots_;
  // What was awaited; it may come on another thread, and when this is gone.
  const std::shared_ptr<Slots> known_ = std::make_shared<Slots>();
};

/// Answers `call`, whose body holds many items.
template <typename Use>
void answer_batch(http::Call& call, const RequestBody& body, BatchUnit unit, Use use) {
  call.answer_in_slices(
      [batch = std::make_shared<SlotBatch<Use>>(body, unit, std::move(use), call.repeat())](
          http::Response& response, Budget& budget, const FunctionRef<http::Resume()>& later) {
        return batch->go_on(response, budget, later);
      });
}

}  // namespace sse::web
