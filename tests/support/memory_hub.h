#pragma once

/// \file
/// All of sse-serve but its sockets and its time: bytes go in and come out of connections in
/// memory, on one loop that is turned by hand.

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sse/api/event_routes.h"
#include "sse/api/health_routes.h"
#include "sse/api/poll_route.h"
#include "sse/api/watch_route.h"
#include "sse/base/check.h"
#include "sse/gate/access.h"
#include "sse/gate/idempotency.h"
#include "sse/http/connection_set.h"
#include "sse/hub/hub.h"
#include "sse/log/event_log.h"
#include "sse/log/memory_journal.h"
#include "sse/metrics/metric_events.h"
#include "sse/metrics/metric_routes.h"
#include "sse/metrics/reading_routes.h"
#include "sse/net/loop_pool.h"
#include "sse/storage/memory_store.h"

#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/memory_socket.h"

namespace sse::test {

inline constexpr wire::Epoch kMemoryHubEpoch = 77;

class MemoryHub {
 public:
  struct Options {
    http::ServerOptions http;
    hub::HubOptions hub;
    log::EventLog::Options log;
    log::RowLimits rows;
    std::function<void(const http::Answered&)> observe;
    /// Null: a MemoryJournal.
    std::function<std::unique_ptr<log::Journal>(const log::MemoryJournal::Options& options,
                                                const Clock& clock)>
        make_journal;
  };

  explicit MemoryHub(Options options = {})
      : loops(open_loops(clock)),
        log(options.log, clock),
        journal(make_journal(options, clock)),
        hub(*loops, log, *journal, options.hub, random),
        store(options.rows,
              {metrics::metric_created_event, metrics::metric_deleted_event,
               metrics::reading_created_event},
              *journal, log) {
    hub.attach(store);
    SSE_CHECK(hub.start());
    watch_route.add_to(router);
    poll_route.add_to(router);
    event_routes.add_to(router);
    metric_routes.add_to(router);
    reading_routes.add_to(router);
    api::add_health_routes(router, [this] { return hub.publisher().is_open(); });
    http::ServerHooks hooks;
    hooks.before = [this](const httplib::Request& request, httplib::Response& response) {
      return access.answer_first(request, response);
    };
    hooks.admit = [this](const httplib::Request& request, httplib::Response& response,
                         http::Finish& finish) {
      return idempotency.admit(request, response, finish);
    };
    hooks.observe = std::move(options.observe);
    server.emplace(clock, router, options.http, std::move(hooks));
    connections.emplace(loop(), *server);
  }

  net::Loop& loop() { return (*loops)[0]; }

  Peer& connect() {
    Peer& peer = peers.emplace_back();
    connections->count_dealt();
    connections->adopt(std::make_unique<MemorySocket>(peer));
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
  log::EventLog log;
  std::unique_ptr<log::Journal> journal;
  hub::Hub hub;
  http::Router router;
  storage::MemoryStore store;
  const domain::Ports ports{store, clock, random};
  const gate::Access access{gate::AccessOptions{}, router};
  const api::TopicParameters topic_parameters{{"metric", metrics::topic_of_metric}};
  api::WatchRoute watch_route{hub, clock, topic_parameters};
  api::PollRoute poll_route{hub, clock, topic_parameters};
  gate::Idempotency idempotency{gate::IdempotencyOptions{}, clock};
  api::EventRoutes event_routes{hub.publisher(), [this] { return hub.stream_count(); }};
  metrics::MetricRoutes metric_routes{ports};
  metrics::ReadingRoutes reading_routes{ports};
  std::optional<http::ServerState> server;
  std::optional<http::ConnectionSet> connections;

 private:
  static std::unique_ptr<log::Journal> make_journal(const Options& options, const Clock& clock) {
    const log::MemoryJournal::Options wanted{kMemoryHubEpoch, options.rows};
    if (options.make_journal) return options.make_journal(wanted, clock);
    return std::make_unique<log::MemoryJournal>(wanted, clock);
  }
  static std::unique_ptr<net::LoopPool> open_loops(const Clock& clock) {
    auto opened = net::LoopPool::open(clock, 1);
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
