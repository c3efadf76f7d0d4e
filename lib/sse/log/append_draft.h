#pragma once

#include <cstddef>

#include "sse/base/draft.h"
#include "sse/log/append.h"
#include "sse/log/journal.h"

namespace sse::log {

/// A Draft whose items are one Append: `Interface` is Draft, or what adds to it. Thread-compatible.
template <typename Interface>
class AppendDraft : public Interface {
 public:
  void reserve(std::size_t items) override { append_.reserve(items); }
  std::size_t size() const override { return append_.items().size(); }
  bool is_slice() const override { return append_.is_slice(); }
  bool answers_at_once() const override { return journal_.answers_at_once(); }

  Result<Draft::Answered> publish(TakeOutcome take, LaterOutcomes later) override {
    const auto defer = [&]() -> Journal::Done {
      return [done = later(), result_of = result_of_](Append&& known) {
        done([&](TakeOutcome each) { tell(known, result_of, each); });
      };
    };
    append_.set_peer(later.peer());
    if (later.repeat() != nullptr) {
      append_.keep_repeat([text = *later.repeat(), result_of = result_of_](const Append& known) {
        return text([&](TakeOutcome each) { tell(known, result_of, each); });
      });
    }
    if (journal_.append(append_, defer) == Answered::kLater) return Draft::Answered::kLater;
    if (const Error* refusal = append_.refusal()) return *refusal;
    tell(append_, result_of_, take);
    append_.clear();
    return Draft::Answered::kNow;
  }

 protected:
  /// What the outcome of an item that was judged means.
  using ResultOf = Result<Uuid> (*)(const Append& append, const AppendItem& item);

  AppendDraft(Journal& journal, const EventLimits& limits, ResultOf result_of)
      : journal_(journal), append_(limits), result_of_(result_of) {}

  /// See Append::add(). Error: kTooLarge, and it is not in the draft.
  Status add_event(const wire::Event& event, const RowChange& row, Condition condition,
                   std::size_t slot) {
    append_.add(event, row, condition, slot);
    const AppendItem& added = append_.items().back();
    if (added.is_pending()) return {};
    Error error = added.outcome.error();
    append_.drop_last();
    return error;
  }

 private:
  static void tell(const Append& append, ResultOf result_of, TakeOutcome take) {
    for (const AppendItem& item : append.items()) take(item.slot(), result_of(append, item));
  }

  Journal& journal_;
  Append append_;
  const ResultOf result_of_;
};

}  // namespace sse::log
