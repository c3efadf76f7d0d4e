#pragma once

/// \file
/// Finds the next event that a filter wants, through the postings, within a budget.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/log/name_set.h"
#include "sse/log/view.h"

namespace sse::log {

class Names;
enum class Kind : std::uint8_t;

/// What asking a Selector about one name takes: its patterns are tried on the name.
struct AskingCost {
  std::size_t patterns = 1;
  std::size_t pattern_bytes = 0;  ///< of all patterns together

  std::uint64_t steps_for(std::size_t name_size) const {
    return patterns + (pattern_bytes + patterns * name_size) / 8;
  }
};

/// Which events are wanted, in the log's own terms. Immutable. Thread-safe.
class Selector {
 public:
  virtual ~Selector() = default;

  virtual bool wants_type(std::string_view type) const = 0;
  virtual bool wants_topic(std::string_view topic) const = 0;

  /// True when nothing is filtered by this kind, so that its names need not be asked for.
  virtual bool wants_every_type() const { return false; }
  virtual bool wants_every_topic() const { return false; }

  /// When only exact topics are wanted, these: they are looked up, not searched for. Else empty.
  virtual std::span<const std::string> exact_topics() const { return {}; }
  /// The same for types.
  virtual std::span<const std::string> exact_types() const { return {}; }

  /// Patterns (wire/topic_pattern.h) of which each topic that is wanted fits one. Empty: there may
  /// be others.
  virtual std::span<const std::string> topic_patterns() const { return exact_topics(); }

  /// What wants_type(), or wants_topic(), takes. A search spends it from its budget.
  virtual AskingCost asking_cost(Kind /*kind*/) const { return {}; }

  /// Whether a wanted event of this type is the last one: nothing behind it is wanted.
  virtual bool ends(std::string_view /*type*/) const { return false; }
  /// False when ends() is false for every type.
  virtual bool may_end() const { return false; }
  /// What ends() takes.
  virtual AskingCost ending_cost() const { return {}; }
};

/// What a search came to. A value.
struct NextWanted {
  enum class State : std::uint8_t {
    kFound,    ///< `sequence` is wanted
    kNothing,  ///< nothing up to the head of the view is; `sequence` follows the head
    kCut,      ///< the budget is spent; the search goes on at `sequence`
  };
  State state = State::kNothing;
  wire::Sequence sequence = 0;  ///< nothing before it, from where the search began, is wanted

  bool is_found() const { return state == State::kFound; }
  bool is_cut() const { return state == State::kCut; }
  friend bool operator==(const NextWanted&, const NextWanted&) = default;
};

/// One search: keeps what its selector means in the segment it is in. Loop-affine (one user at a
/// time).
///
/// When a segment has more names than events that are left to test, the selector is asked about
/// each event. Else it is asked about each name, once, and then few events are tested one by
/// one; of many, only the wanted ones are: the chain of each wanted name is followed (by type or by
/// topic, whichever has fewer events) and the chains are merged.
class SSE_EXPORT Selection {
 public:
  /// A Selection never holds more than this, itself included: two bytes for each wanted name of the
  /// segment, or a bit for each of its names when many are wanted, and a chain for some of them.
  static constexpr std::size_t kMostBytes = std::size_t{22} << 10U;

  /// The selector must outlive it.
  explicit Selection(const Selector& selector);

  /// The first wanted event of `view` at `from` or later. Spends what it takes: patterns tried on
  /// names, events tested. What is cut goes on in the next call, which does nothing twice; each
  /// call with a budget that is not spent gets on. A plan for a segment is made at once, when it is
  /// paid for: that may take the budgets of several calls, and at most some 80,000 steps. Views may
  /// be of any log, and of parts: what a name means is found out for each segment.
  NextWanted next(const View& view, wire::Sequence from, Budget& budget);

  /// What it holds now, itself included.
  std::size_t bytes() const;

 private:
  enum class Plan : std::uint8_t { kNone, kScan, kFollowTypes, kFollowTopics };

  /// What one kind of name means in the segment.
  struct Wanted {
    bool every = false;        ///< nothing is filtered by it
    std::size_t resolved = 0;  ///< names of the segment that were asked for
    AskingCost cost;
    NameSet names;
  };

  /// An index in the segment, or its limit, and whether the budget ended before it was tested.
  struct Place {
    std::size_t index;
    bool is_cut = false;
  };

  void enter(const Segment& segment);
  Place search(const Segment& segment, std::size_t from, std::size_t limit, Budget& budget);

  bool is_asking_cheaper(const Segment& segment, std::size_t events) const;
  std::size_t names_to_ask(const Names& names, Kind kind) const;
  std::span<const std::string> exact_names(Kind kind) const;
  bool wants(std::string_view name, Kind kind, Budget& budget) const;
  Place ask_each(const Segment& segment, std::size_t from, std::size_t limit, Budget& budget);

  bool resolve(const Names& names, Kind kind, Budget& budget);
  bool wants_event(const Segment& segment, std::size_t index) const;
  bool make_plan(const Segment& segment, std::size_t from, std::size_t limit, Budget& budget);
  std::optional<Kind> choose_chains(const Segment& segment, std::size_t events,
                                    std::uint64_t& steps) const;
  Place scan(const Segment& segment, std::size_t from, Budget& budget) const;
  void start_chains(const Segment& segment, std::size_t from, Kind kind);
  Place follow(const Segment& segment, std::size_t from, Kind kind, Budget& budget);
  void push_chain(const Segment& segment, std::size_t index, std::size_t from, Kind kind);

  const Selector& selector_;
  std::uint64_t segment_ = 0;  ///< the serial of the segment that the rest is about
  std::array<Wanted, 2> wanted_;
  std::size_t asked_ = 0;  ///< events of the segment that the selector was asked about

  std::uint64_t paid_ = 0;  ///< steps for a plan that is not made yet
  Plan plan_ = Plan::kNone;
  std::size_t planned_from_ = 0;  ///< the plan is for [planned_from_, planned_limit_)
  std::size_t planned_limit_ = 0;
  std::vector<std::uint16_t> chains_;  ///< a heap: the next event of each chain that is followed
};

}  // namespace sse::log
