#pragma once

/// \file
/// Whose the streams of a loop are, where the hub asks for credentials.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/base/identity.h"
#include "sse/base/later.h"
#include "sse/hub/counts.h"

namespace sse::hub {

class Subscriber;

/// What becomes of a stream. A value.
struct StreamStanding {
  std::optional<CloseReason> close;   ///< it ends now; nullopt: it stays
  SharedIdentity renewed = nullptr;   ///< whose it is from now on; null: the same
  std::optional<BootTime> expires{};  ///< when `renewed` ends; nullopt: never
};

/// What becomes of a stream of this identity. Thread-safe, and must not block.
using StreamReview = std::function<StreamStanding(const Identity&)>;

/// Which streams an operator closes: the one with this id, or those of this principal. A value.
struct StreamChoice {
  std::optional<std::string> id;  ///< ListedStream::id
  std::string principal = {};     ///< without an id
};

/// Kept beside the streams: where no credentials are asked for they take no memory here, and are
/// never looked up. Some 72 bytes for each stream otherwise. Loop-affine.
class StreamOwners {
 public:
  bool is_empty() const { return owners_.empty(); }

  /// `held` is let go when the stream is removed; it may be null.
  void add(Subscriber& stream, SharedIdentity identity, std::shared_ptr<const void> held,
           std::optional<BootTime> expires) {
    const BootTime end = expires.value_or(BootTime::max());
    owners_.emplace(&stream, Owner{std::move(identity), std::move(held), end});
    earliest_ = std::min(earliest_, end);
  }

  /// Also for one that is not here.
  void remove(Subscriber& stream) {
    if (!owners_.empty()) owners_.erase(&stream);
  }

  /// Null when it has none.
  const Identity* find(const Subscriber& stream) const {
    const auto found = owners_.find(const_cast<Subscriber*>(&stream));
    return found == owners_.end() ? nullptr : found->second.identity.get();
  }

  /// Its identity, and when its credential ends; a null identity when it has none.
  std::pair<SharedIdentity, std::optional<BootTime>> owner_of(const Subscriber& stream) const {
    const auto found = owners_.find(const_cast<Subscriber*>(&stream));
    if (found == owners_.end()) return {};
    const BootTime end = found->second.expires;
    return {found->second.identity, end == BootTime::max() ? std::nullopt : std::optional(end)};
  }

  // Thousands of credentials may end, or change, at once: both walks over the streams are cut by a
  // budget, and go on with the next call.

  /// From now on every stream is reviewed. While a walk is under way it goes on by the newest
  /// review, and another follows: reviews that come fast do not keep it from its end.
  void begin_review() { review_.begin(); }
  /// Whether a walk is under way.
  bool has_more() const { return review_.is_on || expiry_.is_on; }

  /// Renews what is renewed, and visits those that are to be closed. `close` removes none.
  void review_some(const StreamReview& review, Budget& budget,
                   FunctionRef<void(Subscriber&, CloseReason)> close) {
    go_on(review_, kStepsPerReview, budget, [&](Subscriber& stream, Owner& owner) {
      StreamStanding standing = review(*owner.identity);
      if (standing.close) {
        close(stream, *standing.close);
      } else if (standing.renewed != nullptr) {
        owner.identity = std::move(standing.renewed);
        owner.expires = standing.expires.value_or(BootTime::max());
        earliest_ = std::min(earliest_, owner.expires);
      }
    });
  }

  /// Visits those whose credential has ended; one that is not removed may be visited again.
  /// `visit` removes none. Costs one comparison while there is none.
  void end_some_expired(BootTime now, Budget& budget, FunctionRef<void(Subscriber&)> visit) {
    if (!expiry_.is_on) {
      if (now < earliest_) return;
      expiry_.begin();
      earliest_ = BootTime::max();
    }
    go_on(expiry_, kStepsPerLook, budget, [&](Subscriber& stream, const Owner& owner) {
      if (owner.expires <= now) {
        visit(stream);
      } else {
        earliest_ = std::min(earliest_, owner.expires);
      }
    });
  }

 private:
  // Each is somewhere else in memory, and so is its stream.
  static constexpr std::uint64_t kStepsPerLook = 20;
  static constexpr std::uint64_t kStepsPerReview = 80;

  struct Owner {
    SharedIdentity identity;
    std::shared_ptr<const void> held;
    BootTime expires;
  };

  /// How far the check of all streams has come.
  struct Walk {
    void begin() {
      is_wanted_again = is_on;
      is_on = true;
    }

    bool is_on = false;
    bool is_wanted_again = false;  // what it began with is out of date
    std::size_t bucket = 0;        // the next
    std::size_t buckets = 0;
  };

  template <typename Visit>
  void go_on(Walk& walk, std::uint64_t steps, Budget& budget, Visit visit) {
    while (walk.is_on) {
      // The table has grown: each stream has another bucket.
      if (walk.buckets != owners_.bucket_count()) {
        walk.bucket = 0;
        walk.buckets = owners_.bucket_count();
      }
      for (; walk.bucket < walk.buckets; ++walk.bucket) {
        if (budget.is_spent()) return;
        budget.spend(1);
        for (auto at = owners_.begin(walk.bucket); at != owners_.end(walk.bucket); ++at) {
          visit(*at->first, at->second);
          budget.spend(steps);
        }
      }
      walk = {walk.is_wanted_again, false, 0, 0};
    }
  }

  std::unordered_map<Subscriber*, Owner> owners_;
  Walk review_;
  Walk expiry_;
  BootTime earliest_ = BootTime::max();  // no later than the first end that is ahead
};

}  // namespace sse::hub
