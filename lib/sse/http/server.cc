#include "sse/http/server.h"

#include <algorithm>
#include <utility>

#include "sse/http/connection_set.h"
#include "sse/net/listener.h"
#include "sse/net/loop_pool.h"

namespace sse::http {
namespace {

void add(const SessionCounts& counts, Http2Counts& sum) {
  const auto value = [](const auto& count) { return count.load(std::memory_order_relaxed); };
  const auto resets = [&](ResetReason reason) {
    return value(counts.resets[static_cast<std::size_t>(reason)]);
  };
  sum.connections += value(counts.opened);
  sum.connections_open += value(counts.open);
  sum.requests += value(counts.requests);
  sum.streams += value(counts.streams);
  sum.flooded += value(counts.flooded);
  sum.reset_by_peer += resets(ResetReason::kPeer);
  sum.reset_slow += resets(ResetReason::kSlow);
  sum.reset_cut += resets(ResetReason::kCut);
  sum.reset_malformed += resets(ResetReason::kMalformed);
  sum.reset_refused += resets(ResetReason::kRefused);
}

}  // namespace

namespace {

ServerOptions with_loops(ServerOptions options, std::size_t loops) {
  options.loops = loops;
  return options;
}

}  // namespace

Server::Server(net::LoopPool& loops, const Clock& clock, const Router& router,
               const ServerOptions& options, ServerHooks hooks)
    : loops_(loops),
      state_(std::make_unique<ServerState>(clock, router, with_loops(options, loops.size()),
                                           std::move(hooks))) {
}

Server::~Server() = default;

Status Server::start(std::vector<std::unique_ptr<net::Listener>> listeners) {
  return start(std::move(listeners), {});
}

Status Server::start(std::vector<std::unique_ptr<net::Listener>> listeners,
                     std::vector<std::unique_ptr<net::Listener>> admin_listeners) {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    sets_.push_back(std::make_unique<ConnectionSet>(loops_[i], *state_));
  }
  state_->post = [this](unsigned loop, std::function<void(ConnectionSet&)> task) {
    ConnectionSet& set = *sets_[loop];
    set.loop().post([&set, task = std::move(task)] { task(set); });
  };
  SSE_TRY(accept_from(std::move(listeners), Entrance::kMain));
  return accept_from(std::move(admin_listeners), Entrance::kAdmin);
}

Status Server::accept_from(std::vector<std::unique_ptr<net::Listener>> listeners, Entrance entrance,
                           Transport transport) {
  for (auto& listener : listeners) {
    const auto& kept = listeners_.emplace_back(std::move(listener));
    SSE_TRY(
        kept->start(loops_[0], [this, entrance, transport](std::unique_ptr<net::Socket> socket) {
          deal(std::move(socket), entrance, transport);
        }));
  }
  return {};
}

Status Server::add_tls(std::vector<std::unique_ptr<net::Listener>> listeners) {
  return accept_from(std::move(listeners), Entrance::kMain, Transport::kTls);
}

void Server::set_tls(std::shared_ptr<const net::TlsContext> context) {
  state_->tls.set(std::move(context));
}

void Server::deal(std::unique_ptr<net::Socket> socket, Entrance entrance, Transport transport) {
  const auto least = std::min_element(sets_.begin(), sets_.end(), [](const auto& a, const auto& b) {
    return a->load() < b->load();
  });
  ConnectionSet& set = **least;
  set.count_dealt();
  if (&set.loop() == &loops_[0]) return set.adopt(std::move(socket), entrance, transport);
  // A task is copyable, a socket is not; a task that never runs closes it.
  const auto shared = std::make_shared<std::unique_ptr<net::Socket>>(std::move(socket));
  set.loop().post(
      [&set, shared, entrance, transport] { set.adopt(std::move(*shared), entrance, transport); });
}

void Server::close_when_answered() {
  state_->draining = true;
}

void Server::drain(std::chrono::nanoseconds within, std::function<void()> done) {
  close_when_answered();
  loops_[0].post([this, within, done = std::move(done)] {
    on_drained_ = done;
    listeners_.clear();
    drain_sets(within);
  });
}

void Server::claim_listeners() {
  for (auto& listener : listeners_) listener->claim();
}

void Server::let_listeners_go() {
  for (auto& listener : listeners_) listener->let_go();
}

void Server::drain_sets(std::chrono::nanoseconds within) {
  loops_to_drain_ = sets_.size();
  for (auto& set : sets_) {
    set->loop().post([this, within, set = set.get()] {
      set->drain(within, [this] {
        if (loops_to_drain_.fetch_sub(1) == 1) on_drained_();
      });
    });
  }
}

ServerCounts Server::counts() const {
  ServerCounts sum;
  for (const Route* route : state_->router.routes()) {
    RouteCounts& counts = sum.requests.emplace_back();
    counts.method = route->method;
    counts.path = route->path;
  }
  sum.requests.emplace_back();
  for (const auto& set : sets_) {
    const LoopCounts& counts = std::as_const(*set).counts();
    sum.accepted += counts.accepted.load(std::memory_order_relaxed);
    sum.refused += counts.refused.load(std::memory_order_relaxed);
    sum.evicted += counts.evicted.load(std::memory_order_relaxed);
    sum.timed_out += counts.timed_out.load(std::memory_order_relaxed);
    sum.refused_for_bytes += counts.refused_for_bytes.load(std::memory_order_relaxed);
    sum.cut_for_bytes += counts.cut_for_bytes.load(std::memory_order_relaxed);
    sum.without_proxy_head += counts.without_proxy_head.load(std::memory_order_relaxed);
    sum.tls.done_12 += counts.tls_12.load(std::memory_order_relaxed);
    sum.tls.done_13 += counts.tls_13.load(std::memory_order_relaxed);
    sum.tls.refused += counts.tls_refused.load(std::memory_order_relaxed);
    sum.tls.plain_http += counts.tls_plain_http.load(std::memory_order_relaxed);
    sum.tls.late += counts.tls_late.load(std::memory_order_relaxed);
    sum.tls.left += counts.tls_left.load(std::memory_order_relaxed);
    sum.tls.gave_way += counts.tls_gave_way.load(std::memory_order_relaxed);
    sum.tls.under_way += set->handshakes_under_way();
    counts.requests.add_to(sum.requests);
    add(counts.sessions, sum.http2);
  }
  sum.open = state_->open.all();
  sum.awaiting = state_->awaiting.load(std::memory_order_relaxed);
  sum.held_bytes = state_->held.sum();
  sum.limit_bytes = state_->held.limit();
  return sum;
}

}  // namespace sse::http
