#include "sse/server/parts.h"

#include <utility>

#include "sse/api/health_routes.h"
#include "sse/log/memory_journal.h"
#include "sse/net/loop_pool.h"

namespace sse::server {
namespace {

/// With a hash of types and topics that no peer can foresee.
log::EventLog::Options log_options(const EventServerOptions& options, RandomSource& random) {
  log::EventLog::Options log = options.log;
  log.name_hash = KeyedHash(random);
  return log;
}

std::unique_ptr<log::Journal> memory_journal(const EventServerOptions& options, const Clock& clock,
                                             RandomSource& random) {
  const auto epoch = options.epoch != 0
                         ? options.epoch
                         : static_cast<wire::Epoch>(random.below(wire::kMaxEpoch) + 1);
  return std::make_unique<log::MemoryJournal>(log::MemoryJournal::Options{epoch, options.rows},
                                              clock);
}

gate::AccessOptions access_options(const EventServerOptions& options, const Reach& reach) {
  return {reach.loopback_only, options.allowed_hosts, options.cors_origins,
          reach.admin_loopback_only};
}

}  // namespace

Parts::Parts(const Clock& clock, RandomSource& random, net::LoopPool& loops,
             const EventServerOptions& options, std::unique_ptr<log::Journal> journal,
             const Reach& reach)
    : clock_(clock),
      random_(random),
      loops_(loops),
      log_(log_options(options, random), clock),
      journal_(journal ? std::move(journal) : memory_journal(options, clock, random)),
      hub_(loops, log_, *journal_, options.hub, random),
      access_(access_options(options, reach), router_),
      idempotency_(options.idempotency, clock, random),
      topic_parameters_(options.topic_parameters),
      watch_route_(hub_, clock, topic_parameters_),
      poll_route_(hub_, clock, topic_parameters_),
      event_routes_(hub_.publisher(), [this] { return hub_.stream_count(); }),
      admin_routes_(
          hub_, clock, idempotency_, [this] { return server_.counts(); },
          gate::AdminAccess(options.admin_from, !options.admin_binds.empty())),
      server_(loops, clock, router_, options.http, hooks(options)) {
  add_routes();
}

Parts::~Parts() {
  stop();
}

void Parts::add_routes() {
  watch_route_.add_to(router_);
  poll_route_.add_to(router_);
  event_routes_.add_to(router_);
  keep_answers_of("/events");
  admin_routes_.add_to(router_);
  api::add_health_routes(router_, [this] { return hub_.publisher().is_open(); });
}

http::ServerHooks Parts::hooks(const EventServerOptions& options) {
  http::ServerHooks hooks;
  hooks.on_head = [this](http::Call& call) {
    const auto verdict = gate::AdminAccess::judge(call);
    return verdict == http::Verdict::kGoOn ? access_.judge(call) : verdict;
  };
  hooks.on_request = [this](http::Call& call, http::Finish& finish) {
    return idempotency_.admit(call, finish);
  };
  hooks.observe = options.observe;
  return hooks;
}

Status Parts::start() {
  SSE_TRY(hub_.start());
  if (const auto kept = journal_->take_repeats()) {
    idempotency_.load(kept->digest_key, kept->since, kept->texts, kept_paths_);
  }
  return {};
}

void Parts::stop() {
  loops_.stop();
  journal_->stop(std::chrono::nanoseconds(0));
}

void Parts::add_series(std::function<void(api::Exposition&)> append) {
  admin_routes_.add_series(std::move(append));
}

}  // namespace sse::server
