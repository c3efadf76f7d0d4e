#pragma once

/// \file
/// What tests of searches want, and how they search.

#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sse/log/segment.h"
#include "sse/log/selection.h"

#include "support/catch.h"

namespace sse::log {

/// Wants everything up to the first event of type `done`.
class UntilDone final : public Selector {
 public:
  bool wants_type(std::string_view) const override { return true; }
  bool wants_topic(std::string_view) const override { return true; }
  bool wants_every_type() const override { return true; }
  bool wants_every_topic() const override { return true; }
  bool ends(std::string_view type) const override { return type == "done"; }
  bool may_end() const override { return true; }
};

/// Wants what its two questions say; counts what it was asked.
class TestSelector final : public Selector {
 public:
  using Question = std::function<bool(std::string_view)>;

  static TestSelector exactly(std::vector<std::string> types, std::vector<std::string> topics) {
    TestSelector selector;
    if (!types.empty()) selector.type_ = one_of(types);
    if (!topics.empty()) selector.topic_ = one_of(topics);
    selector.exact_types_ = std::move(types);
    selector.exact_topics_ = std::move(topics);
    return selector;
  }
  static TestSelector by(Question type, Question topic) {
    TestSelector selector;
    selector.type_ = std::move(type);
    selector.topic_ = std::move(topic);
    return selector;
  }

  bool wants_type(std::string_view type) const override {
    ++asked;
    return !type_ || type_(type);
  }
  bool wants_topic(std::string_view topic) const override {
    ++asked;
    return !topic_ || topic_(topic);
  }
  bool wants_every_type() const override { return !type_; }
  bool wants_every_topic() const override { return !topic_; }
  std::span<const std::string> exact_types() const override { return exact_types_; }
  std::span<const std::string> exact_topics() const override { return exact_topics_; }

  AskingCost asking_cost(Kind /*kind*/) const override { return cost; }

  mutable std::size_t asked = 0;
  AskingCost cost;

 private:
  static Question one_of(const std::vector<std::string>& names) {
    return [wanted = std::set<std::string, std::less<>>(names.begin(), names.end())](
               std::string_view name) { return wanted.find(name) != wanted.end(); };
  }

  Question type_;
  Question topic_;
  std::vector<std::string> exact_types_;
  std::vector<std::string> exact_topics_;
};

inline constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// With as many budgets of `steps` as it takes.
inline std::optional<wire::Sequence> find(Selection& selection, const View& view,
                                          wire::Sequence from, std::uint64_t steps = kUnlimited) {
  for (int calls = 0; calls < 1'000'000; ++calls) {
    Budget budget(steps);
    const NextWanted next = selection.next(view, from, budget);
    REQUIRE(next.sequence >= from);
    if (next.is_found()) return next.sequence;
    if (!next.is_cut()) return std::nullopt;
    CHECK(budget.is_spent());
    from = next.sequence;
  }
  FAIL("the search does not get on");
  return std::nullopt;
}

inline std::vector<wire::Sequence> select(Selection& selection, const View& view,
                                          wire::Sequence from, std::uint64_t steps = kUnlimited) {
  std::vector<wire::Sequence> wanted;
  for (auto next = find(selection, view, from, steps); next;
       next = find(selection, view, *next + 1, steps)) {
    wanted.push_back(*next);
  }
  return wanted;
}

}  // namespace sse::log
