#pragma once

/// \file
/// Finding a filtered subscriber's next event through the postings.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/log/name_set.h"
#include "sse/log/view.h"

namespace sse::log {

class Names;
enum class Kind : std::uint8_t;

/// Which events somebody wants, in the log's own terms. Immutable. Thread-safe.
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
};

/// One subscriber's search: keeps what its selector means in the segment it is in. Loop-affine (one
/// user at a time). Some 200 bytes, and two for each wanted name of the segment, or a bit for each
/// of its names when many are wanted.
///
/// Few events are looked at one by one. Of many, only the wanted ones are: the chain of each wanted
/// name is followed (by type or by topic, whichever has fewer events) and the chains are merged.
class SSE_EXPORT Selection {
 public:
  /// The selector must outlive it.
  explicit Selection(const Selector& selector);

  /// The first wanted sequence >= from that `view` holds; nullopt when there is none. Cost follows
  /// the wanted events, not the skipped ones. All views must be of one log.
  std::optional<wire::Sequence> next(const View& view, wire::Sequence from);

 private:
  enum class Plan : std::uint8_t { kNone, kScan, kFollowTypes, kFollowTopics };

  /// What one kind of name means in the segment.
  struct Wanted {
    bool every = false;        ///< nothing is filtered by it
    std::size_t resolved = 0;  ///< names of the segment that were asked for
    NameSet names;
  };

  void enter(const Segment& segment);
  void resolve(const Names& names, Kind kind);
  bool wants(std::string_view name, Kind kind) const;
  bool wants_event(const Segment& segment, std::size_t index) const;

  /// The first wanted index in [from, limit), or limit.
  std::size_t search(const Segment& segment, std::size_t from, std::size_t limit);
  void make_plan(const Segment& segment, std::size_t from, std::size_t limit);
  std::size_t scan(const Segment& segment, std::size_t from, std::size_t limit) const;
  void start_chains(const Segment& segment, std::size_t from, Kind kind);
  std::size_t follow(const Segment& segment, std::size_t from, Kind kind);
  void push_chain(const Segment& segment, std::size_t index, std::size_t from, Kind kind);

  const Selector& selector_;
  wire::Sequence segment_ = 0;  ///< the first sequence of the segment that the rest is about
  std::array<Wanted, 2> wanted_;

  Plan plan_ = Plan::kNone;
  std::size_t planned_from_ = 0;  ///< the plan is for [planned_from_, planned_limit_)
  std::size_t planned_limit_ = 0;
  std::vector<std::uint16_t> chains_;  ///< a heap: the next event of each chain that is followed
};

}  // namespace sse::log
