#pragma once

/// \file
/// All of sse-serve but its sockets and its time: bytes go in and come out of connections in
/// memory, on one loop that is turned by hand.

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "sse/base/check.h"
#include "sse/log/memory_journal.h"
#include "sse/net/listener.h"
#include "sse/net/loop_pool.h"
#include "sse/server/parts.h"

#include "sse-serve/metrics_domain.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/memory_socket.h"

namespace sse::test {

class MemoryHub {
 public:
  struct Options : server::EventServerOptions {
    Options() {
      epoch = 77;
      log.retention.ttl = {};  // events stay, however long a test takes
      serve::MetricsDomain::prepare(*this);
    }

    server::Reach reach;
    std::shared_ptr<const auth::Credentials> credentials;     ///< null: none are asked for
    std::size_t loops = 1;                                    ///< loop() is the first of them
    std::uint64_t steps_per_part = net::Loop::kStepsPerPart;  ///< of a turn

    /// Null: a MemoryJournal.
    std::function<std::unique_ptr<log::Journal>(const log::MemoryJournal::Options& options,
                                                const Clock& clock)>
        make_journal;

    /// Null: tickets and sessions are in memory.
    std::function<std::unique_ptr<gate::TicketStore>(const Clock& clock)> make_tickets;
  };

  explicit MemoryHub(const Options& options = {})
      : loops(open_loops(clock, options)),
        parts(clock, random, *loops, options, make_journal(options, clock), options.reach,
              options.credentials, options.make_tickets ? options.make_tickets(clock) : nullptr),
        metrics(parts, options.rows) {
    SSE_CHECK(parts.start());
    SSE_CHECK(parts.server().start({}));
  }
  ~MemoryHub() { parts.stop(); }

  net::Loop& loop() { return (*loops)[0]; }

  Peer& connect(http::Entrance entrance = http::Entrance::kMain) {
    Peer& peer = peers.emplace_back();
    parts.server().deal(std::make_unique<MemorySocket>(peer), entrance);
    return peer;
  }
  /// `address`: with its port.
  Peer& connect_from(std::string address) {
    Peer& peer = peers.emplace_back();
    peer.set_address(std::move(address));
    parts.server().deal(std::make_unique<MemorySocket>(peer), http::Entrance::kMain);
    return peer;
  }

  /// Turns the loop until a turn changes nothing that peers can see.
  void settle() {
    for (std::size_t before = 1, after = 0; before != after;) {
      before = progress();
      for (int i = 0; i < 4; ++i) loop().turn();
      after = progress();
    }
  }

  /// Time passes in small steps, and the loop turns in each.
  void pass(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds kStep{20};
    for (; time.count() > 0; time -= kStep) {
      clock.advance(std::min(kStep, time));
      loop().turn();
    }
    settle();
  }

  // In the order of what stands on what.
  std::deque<Peer> peers;
  FixedRandom random;
  ManualClock clock;
  std::unique_ptr<net::LoopPool> loops;
  server::Parts parts;
  serve::MetricsDomain metrics;

  // Of these.
  hub::Hub& hub = parts.hub();
  log::EventLog& log = hub.log();
  log::Journal& journal = hub.journal();
  storage::MemoryStore& store = metrics.store();

 private:
  static std::unique_ptr<log::Journal> make_journal(const Options& options, const Clock& clock) {
    if (!options.make_journal) return nullptr;
    return options.make_journal({options.epoch, options.rows}, clock);
  }
  static std::unique_ptr<net::LoopPool> open_loops(const Clock& clock, const Options& options) {
    auto opened = net::LoopPool::open(clock, options.loops, options.steps_per_part);
    SSE_CHECK(opened);
    return std::move(opened).value();
  }
  std::size_t progress() const {
    std::size_t sum = 0;
    for (const auto& peer : peers) {
      sum += peer.received_bytes() + (peer.saw_end() ? 1 : 0) + (peer.is_closed() ? 1 : 0);
    }
    return sum;
  }
};

}  // namespace sse::test
