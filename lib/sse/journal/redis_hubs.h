#pragma once

/// \file
/// The hubs of a cluster in Redis (redis/hubs.lua): each says once a second that it is there.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/journal/redis_asides.h"
#include "sse/journal/redis_tickets.h"
#include "sse/log/cluster_counts.h"
#include "sse/log/cluster_status.h"

namespace sse::journal {

/// Thread-safe, but for beat() and leave(), which are the journal's thread's.
class SSE_EXPORT RedisHubs {
 public:
  static constexpr std::chrono::milliseconds kBeat{1'000};
  /// A hub that has said nothing for so long is not listed any more.
  static constexpr std::chrono::milliseconds kForgottenAfter{10'000};
  /// The same, and it is listed as not up.
  static constexpr std::chrono::milliseconds kDownAfter{3'500};

  /// Both outlive this. `id`: of this hub.
  RedisHubs(RedisAsides& asides, RedisTickets& tickets, std::string id)
      : asides_(asides), tickets_(tickets), id_(std::move(id)) {}

  using Describe = std::function<log::ClusterSelf()>;
  /// What this hub says of itself; on any thread. Null: it says nothing, and is not listed. Before
  /// the journal starts.
  void set_describe(Describe describe) { describe_ = std::move(describe); }

  bool is_due(SteadyTime now) const { return now >= next_; }
  /// Says that this hub is there, and asks what has changed.
  void beat(const log::ClusterCounts& counts, SteadyTime now);
  /// The next beat is due at once, as over another connection.
  void hurry() { next_ = SteadyTime(); }
  /// Says that this hub is there no more, if the engine answers.
  void leave();

  /// Hubs that were there at the last beat.
  std::size_t count() const { return count_; }

  /// Asks the engine. Without it the outcome has this hub alone, and says why.
  /// `address`: says the engine's, on the thread on which `done` is called.
  void list(const log::ClusterCounts& counts, std::function<std::string()> address,
            std::function<void(log::ClusterStatus)> done) const;

 private:
  log::ClusterNode self(const log::ClusterCounts& counts) const;

  RedisAsides& asides_;
  RedisTickets& tickets_;
  const std::string id_;
  Describe describe_;
  SteadyTime next_;  // of the journal's thread
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace sse::journal
