#include "sse/web/batch.h"

#include <memory>
#include <string>
#include <utility>

#include "sse/web/answer.h"
#include "sse/web/pieces.h"

namespace sse::web {
namespace {

using http::Slice;
using json::Items;

// In steps of some 10 ns. The reader counts its own.
constexpr std::uint64_t kStepsPerWalk = 6;
constexpr std::uint64_t kStepsPerItem = 40;
constexpr std::uint64_t steps_to_walk(std::size_t bytes) {
  return kStepsPerWalk + bytes / 8;
}

Error too_many_items() {
  return {ErrorCode::kTooLarge,
          "expected at most " + std::to_string(kMaxBatchItems) + " items in one request"};
}

void settle(const Outcomes& outcomes, BatchResults& results) {
  outcomes([&](std::size_t slot, const Result<Uuid>& outcome) { results.settle(slot, outcome); });
}

}  // namespace

void answer_whole(const BatchResults& results, http::Response& response) {
  if (const Error* error = results.of_all()) return answer_error(response, *error);
  response.status = 200;
  response.fields.set("Content-Type", kJsonType);
  const std::size_t size = results.body_size();
  if (size > kMaxWholeBatchBody) {
    response.length = size;
    return;
  }
  BatchResults::Position written;
  Budget no_less(UINT64_MAX);
  results.append_to(response.body, written, size + 1, no_less);
}

Batch::Batch(const RequestBody& body, std::unique_ptr<Draft> draft, Add add,
             http::Call::Repeat repeat, http::Call::MoreEvents on_more_events,
             const std::optional<IpAddress>& peer)
    : body_(body),
      draft_(std::move(draft)),
      add_(std::move(add)),
      repeat_(std::move(repeat)),
      on_more_events_(std::move(on_more_events)),
      peer_(peer),
      items_(items_of(body)) {
}

Items Batch::items_of(const RequestBody& body) {
  return body.shape == BodyShape::kArray ? Items::of_array(body.text) : Items::of_lines(body.text);
}

Slice Batch::go_on(http::Response& response, Budget& budget,
                   const FunctionRef<http::Resume()>& later) {
  if (stage_ == Stage::kCounting) {
    if (const auto slice = check(response, budget)) return *slice;
    results_.reserve(count_);
    if (!draft_->answers_at_once()) draft_->reserve(count_);
    if (on_more_events_ && count_ > 1) std::exchange(on_more_events_, nullptr)(count_ - 1);
    enter(body_.shape == BodyShape::kArray ? Stage::kChecking : Stage::kPublishing);
  }
  if (stage_ == Stage::kChecking) {
    if (const auto slice = check(response, budget)) return *slice;
    enter(Stage::kPublishing);
  }
  if (stage_ == Stage::kAwaiting) {
    results_ = std::move(*known_);
    stage_ = Stage::kAnswering;  // only a whole batch is awaited
  }
  if (stage_ == Stage::kPublishing) {
    if (const auto slice = publish_items(budget, later)) return *slice;
    stage_ = Stage::kAnswering;
  }
  return answer(response, budget);
}

void Batch::enter(Stage stage) {
  stage_ = stage;
  items_ = items_of(body_);
  count_ = 0;
}

std::optional<Slice> Batch::check(http::Response& response, Budget& budget) {
  for (;;) {
    const auto step = next_item(budget);
    if (step == Items::Step::kEnd) return std::nullopt;
    std::optional<Error> refusal;
    if (step == Items::Step::kNotJson) refusal = items_.error();
    if (step == Items::Step::kItem) refusal = check_item(budget);
    if (refusal) {
      answer_error(response, *refusal);
      return Slice::kDone;
    }
    if (budget.is_spent()) return Slice::kMore;
  }
}

std::optional<Error> Batch::check_item(Budget& budget) {
  if (count_ == kMaxBatchItems) return too_many_items();
  if (stage_ == Stage::kChecking) {
    const auto outcome = read_item(budget);
    if (!outcome) return std::nullopt;
    if (outcome == json::Outcome::kNotJson) {
      return Error{ErrorCode::kInvalid,
                   "item " + std::to_string(count_) + " of the array: " + reader_.error().text};
    }
  }
  ++count_;
  return std::nullopt;
}

std::optional<Slice> Batch::publish_items(Budget& budget,
                                          const FunctionRef<http::Resume()>& later) {
  for (auto step = Items::Step::kNothing; step != Items::Step::kEnd;) {
    step = next_item(budget);
    if (step == Items::Step::kItem) add_item(budget);
    const bool is_slice = draft_->is_slice() || budget.is_spent();
    const bool is_due = step == Items::Step::kEnd || (is_slice && draft_->answers_at_once());
    if (is_due && draft_->size() > 0) {
      if (publish(later) == Draft::Answered::kLater) {
        stage_ = Stage::kAwaiting;
        return Slice::kLater;
      }
      if (refusal_) return std::nullopt;
    }
    if (step != Items::Step::kEnd && budget.is_spent()) return Slice::kMore;
  }
  return std::nullopt;
}

void Batch::add_item(Budget& budget) {
  const auto outcome = read_item(budget);
  if (!outcome) return;
  budget.spend(steps_to_publish(items_.item().size()));
  if (outcome != json::Outcome::kObject) return results_.reject(reader_.error());
  const auto added = add_(reader_.object(), results_.size());
  added ? results_.await() : results_.reject(added.error());
}

Draft::Answered Batch::publish(const FunctionRef<http::Resume()>& later) {
  // Outcomes that come later complete a copy of the results so far, on their own thread.
  const auto begun = draft_->answers_at_once() ? nullptr : std::make_shared<BatchResults>();
  const auto when_known = [&]() -> std::function<void(const Outcomes&)> {
    *begun = std::move(results_);
    return [begun, known = known_, resume = later()](const Outcomes& outcomes) {
      *known = *begun;
      settle(outcomes, *known);
      resume();
    };
  };
  RepeatText<Outcomes> text;
  if (repeat_ && begun) {
    text = [begun, repeat = repeat_](const Outcomes& outcomes) {
      BatchResults results = *begun;
      settle(outcomes, results);
      http::Response response;
      answer_whole(results, response);
      return repeat(response);
    };
  }
  auto answered = draft_->publish(
      [this](std::size_t slot, const Result<Uuid>& outcome) { results_.settle(slot, outcome); },
      {when_known, text ? &text : nullptr, peer_});
  if (answered) return *answered;
  refusal_ = std::move(answered).error();
  return Draft::Answered::kNow;
}

std::optional<json::Outcome> Batch::read_item(Budget& budget) {
  if (!std::exchange(is_reading_, true)) {
    budget.spend(kStepsPerItem);
    reader_.start(items_.item());
  }
  const auto outcome = reader_.go_on(budget);
  is_reading_ = !outcome;
  return outcome;
}

Items::Step Batch::next_item(Budget& budget) {
  if (is_reading_) return Items::Step::kItem;
  const std::size_t before = items_.walked();
  const auto step = items_.next();
  budget.spend(steps_to_walk(items_.walked() - before));
  return step;
}

Slice Batch::answer(http::Response& response, Budget& budget) {
  const Error* error = refusal_ ? &*refusal_ : results_.of_all();
  if (error != nullptr) {
    answer_error(response, *error);
    return Slice::kDone;
  }
  const std::size_t size = results_.body_size();
  if (size > kMaxWholeBatchBody) {
    response.length = size;
    const auto results = std::make_shared<const BatchResults>(std::move(results_));
    answer_in_pieces(
        response,
        [results, at = BatchResults::Position()](std::string& out) mutable {
          Budget no_less(UINT64_MAX);
          results->append_to(out, at, out.size() + kPieceSize, no_less);
          return at.is_done ? http::Piece::kLast : http::Piece::kMore;
        },
        std::make_shared<const std::size_t>(results->held()));
    return Slice::kDone;
  }
  if (!written_.is_begun) response.body.reserve(size);
  results_.append_to(response.body, written_, size + 1, budget);
  if (!written_.is_done) return Slice::kMore;
  response.status = 200;
  response.fields.set("Content-Type", kJsonType);
  return Slice::kDone;
}

void answer_batch(http::Call& call, const RequestBody& body, std::unique_ptr<Draft> draft,
                  Batch::Add add) {
  call.answer_in_slices(
      [batch = std::make_shared<Batch>(body, std::move(draft), std::move(add), call.repeat(),
                                       std::move(call.on_more_events()), call.request().group)](
          http::Response& response, Budget& budget, const FunctionRef<http::Resume()>& later) {
        return batch->go_on(response, budget, later);
      });
}

}  // namespace sse::web
