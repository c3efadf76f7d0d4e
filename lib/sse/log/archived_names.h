#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "sse/base/budget.h"
#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/mutex.h"
#include "sse/log/selection.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// Which types and topics there are in runs of archived events, so that a reader with a filter
/// passes over those that hold nothing for it, unread. A set of bits for each run (a Bloom filter)
/// knows its types, its topics, and the levels of these, each with its place:
///
///     site/7/temp    ->    site/7/temp   0:site   1:7   2:temp
///
/// It errs on one side: a run that holds what is wanted is never passed over, one that does not is
/// read in vain now and then. Of a run with very many names, and of the oldest ones when there is
/// no room for all, nothing is known. Thread-safe.
class SSE_EXPORT ArchivedNames {
 public:
  /// Takes at most so many bytes.
  ArchivedNames(const KeyedHash& hash, std::size_t max_bytes)
      : hash_(hash), max_bytes_(max_bytes) {}

  /// The events [first, last] have these types and topics; some may come twice, or be of other
  /// events. REQUIRES: after what was added before.
  void add(wire::Sequence first, wire::Sequence last, std::span<const std::string_view> types,
           std::span<const std::string_view> topics) SSE_EXCLUDES(mutex_);

  /// Forgets the runs before that of `first`.
  void forget_before(wire::Sequence first) SSE_EXCLUDES(mutex_);

  /// An event of [from, last] before which none of them is wanted; last + 1 when none of them is.
  /// Spends what it takes, and stops where the budget is spent.
  wire::Sequence next(wire::Sequence from, wire::Sequence last, const Selector& selector,
                      Budget& budget) const SSE_EXCLUDES(mutex_);

  /// Memory that they take, about. Lock-free.
  std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  /// Of a run of which something is known.
  static constexpr std::size_t kMostNames = 1024;

 private:
  using Bits = std::vector<std::uint64_t>;
  using Hashes = std::vector<std::uint64_t>;
  struct Run {
    wire::Sequence last;
    Bits bits;
  };
  using Runs = std::map<wire::Sequence, Run>;  // by the first event

  /// Of what a selector wants: all hashes of one of the types, and all of one of the topics.
  struct Wanted {
    std::vector<Hashes> types;   // empty: every one
    std::vector<Hashes> topics;  // the same
    std::uint64_t steps = 0;     // to look for all of them in a run
  };

  std::uint64_t hash_of_level(std::size_t place, std::string_view level) const;
  void add_topic(std::string_view topic, Hashes& hashes) const;
  Hashes hashes_of_pattern(std::string_view pattern) const;
  Wanted wanted_by(const Selector& selector) const;
  static bool may_hold(const Bits& bits, const Wanted& wanted);
  static std::size_t bytes_of(const Bits& bits);
  void drop_first() SSE_REQUIRES(mutex_);

  const KeyedHash hash_;
  const std::size_t max_bytes_;

  mutable Mutex mutex_;
  Runs runs_ SSE_GUARDED_BY(mutex_);
  std::atomic<std::size_t> bytes_ = 0;
};

}  // namespace sse::log
