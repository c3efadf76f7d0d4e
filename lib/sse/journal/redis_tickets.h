#pragma once

/// \file
/// Tickets and sessions in Redis (redis/tickets.lua).

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/journal/cluster_tickets.h"
#include "sse/journal/redis_asides.h"

namespace sse::journal {

/// From calls to words of the script, and from its replies to outcomes. Thread-safe, but for
/// look().
class SSE_EXPORT RedisTickets final : public ClusterTickets {
 public:
  /// Both outlive this.
  RedisTickets(RedisAsides& asides, const Clock& clock) : asides_(asides), clock_(clock) {}

  void add(SharedTicket ticket, SharedTicketLimits limits, Done<std::size_t> done) override;
  void find(std::string hash, Done<MayBeTicket> done) override;
  void take(std::string hash, std::string cookie, std::vector<Cookie> others,
            Done<MayBeNumbers> done) override;
  void sign_in(std::string before, SharedTicket session, SharedTicketLimits limits,
               Done<SignInDone> done) override;
  void end(std::string hash, Done<void> done) override;
  void on_changes(std::function<void(const SharedTicketChanges&)> told) override {
    told_ = std::move(told);
  }

  /// Asks what has changed. `epoch`: of the engine, as it is known now. On the journal's thread.
  void look(std::uint64_t epoch);

 private:
  void take_changes(std::uint64_t epoch, BootTime asked, const RedisReply& reply);

  RedisAsides& asides_;
  const Clock& clock_;
  std::function<void(const SharedTicketChanges&)> told_;  // constant after start(); may be null

  // The journal's thread.
  std::uint64_t newest_ = 0;  // change that is known
  std::uint64_t epoch_ = 0;   // of the engine that it is of; 0: none
};

}  // namespace sse::journal
