#include "sse/server/parts.h"

#include <utility>

#include "sse/api/health_routes.h"
#include "sse/api/series.h"
#include "sse/api/session_route.h"
#include "sse/api/ticket_routes.h"
#include "sse/base/check.h"
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

std::unique_ptr<log::Archive> make_archive(log::Journal& journal, const log::EventLog& log,
                                           const EventServerOptions& options) {
  if (!journal.keeps_parts()) return nullptr;
  return std::make_unique<log::Archive>(
      journal, log::Archive::Options{log.name_hash(), options.history_cache});
}

bool has_limits(const EventServerOptions& options) {
  return options.rates.publish || options.rates.open || options.max_per_token > 0;
}

hub::StreamStanding standing_by(const auth::Credentials& credentials,
                                const auth::Principal& principal) {
  using Standing = auth::Credentials::Standing;
  switch (credentials.standing_of(principal)) {
    case Standing::kSame:
      break;
    case Standing::kChanged:
      return {hub::CloseReason::kChanged};
    case Standing::kGone:
      return {hub::CloseReason::kRevoked};
  }
  return {};
}

hub::StreamStanding standing_by(const gate::SessionDesk& sessions, const auth::Principal& principal,
                                const Now& now) {
  using Kind = gate::SessionDesk::Standing::Kind;
  auto standing = sessions.standing_of(principal);
  switch (standing.kind) {
    case Kind::kSame:
      break;
    case Kind::kChanged:
      return {hub::CloseReason::kChanged};
    case Kind::kGone:
      return {hub::CloseReason::kRevoked};
    case Kind::kRenewed:
      const BootTime end = now.boot + (*standing.principal->expires - now.wall);
      return {std::nullopt, std::move(standing.principal), end};
  }
  return {};
}

gate::AccessOptions access_options(const EventServerOptions& options, const Reach& reach,
                                   bool asks_for_credentials) {
  return {reach.loopback_only,       options.allowed_hosts, options.cors_origins,
          reach.admin_loopback_only, asks_for_credentials,  options.public_url};
}

}  // namespace

Parts::Parts(const Clock& clock, RandomSource& random, net::LoopPool& loops,
             const EventServerOptions& options, std::unique_ptr<log::Journal> journal,
             const Reach& reach, std::shared_ptr<const auth::Credentials> credentials,
             std::unique_ptr<gate::TicketStore> shared_tickets)
    : clock_(clock),
      random_(random),
      loops_(loops),
      log_(log_options(options, random), clock),
      journal_(journal ? std::move(journal) : memory_journal(options, clock, random)),
      archive_(make_archive(*journal_, log_, options)),
      hub_(loops, log_, *journal_, options.hub, random, archive_.get()),
      proxies_(options.proxies.are_none()
                   ? nullptr
                   : std::make_unique<const gate::ProxyTrust>(options.proxies)),
      access_(access_options(options, reach, credentials != nullptr), router_),
      admin_access_(options.admin_from, !options.admin_binds.empty()),
      authenticator_(credentials == nullptr
                         ? nullptr
                         : std::make_unique<auth::Authenticator>(
                               std::move(credentials), auth::AuthenticatorOptions(), random)),
      authentication_(authenticator_ == nullptr ? nullptr
                                                : std::make_unique<gate::Authentication>(
                                                      *authenticator_, admin_access_, clock)),
      tickets_(options.tickets),
      shared_tickets_(std::move(shared_tickets)),
      store_(shared_tickets_ == nullptr ? tickets_ : *shared_tickets_),
      desk_(authenticator_ == nullptr
                ? nullptr
                : std::make_unique<gate::TicketDesk>(store_, *authenticator_, access_, clock,
                                                     options.public_url)),
      sessions_(authenticator_ == nullptr
                    ? nullptr
                    : std::make_unique<gate::SessionDesk>(store_, *authenticator_, access_, clock,
                                                          options.public_url)),
      // A token may have a rate of its own.
      rates_(authenticator_ != nullptr || has_limits(options)
                 ? std::make_unique<gate::RateLimits>(options.rates, clock, random)
                 : nullptr),
      stream_quota_(options.max_per_token),
      reserved_(options.reserved),
      idempotency_(options.idempotency, clock, random),
      topic_parameters_(options.topic_parameters),
      watch_route_(hub_, clock, topic_parameters_),
      poll_route_(hub_, clock, topic_parameters_),
      event_routes_(
          hub_.publisher(), [this] { return hub_.stream_count(); }, reserved_),
      admin_routes_(
          hub_, clock, idempotency_, [this] { return server_.counts(); }, admin_access_),
      server_(loops, clock, router_, options.http, hooks(options)) {
  add_routes(options);
}

Parts::~Parts() {
  stop();
}

void Parts::add_routes(const EventServerOptions& options) {
  if (authenticator_ != nullptr) {
    const auto still_counts = [this](const Identity& identity) {
      const auto& principal = static_cast<const auth::Principal&>(identity);
      return !standing_of(principal).close;
    };
    poll_route_.set_still_counts(still_counts);
    watch_route_.set_still_counts(still_counts);
  }
  if (rates_ != nullptr) {
    watch_route_.set_limits(*rates_, stream_quota_);
    add_series([this](api::Exposition& out) {
      api::append_rate_series(out, rates_->counts(), stream_quota_.refused());
    });
  }
  watch_route_.add_to(router_);
  poll_route_.add_to(router_);
  event_routes_.add_to(router_);
  keep_answers_of("/events");
  admin_routes_.add_to(router_);
  if (authentication_ != nullptr) {
    add_credential_routes(options);
  } else {
    api::add_open_session_route(router_);
  }
  api::add_health_routes(router_, [this] { return hub_.publisher().journal_state(); });
}

void Parts::add_credential_routes(const EventServerOptions& options) {
  api::add_session_routes(router_, *sessions_);
  sessions_->on_change([this] { review_streams(); });
  store_.on_session_change([this] { review_streams(); });
  authentication_->set_sessions(*sessions_);
  authentication_->set_certificates(access_);
  api::add_ticket_route(router_, *desk_, clock_, options.public_url);
  authentication_->set_tickets(*desk_);
  if (shared_tickets_ != nullptr) authentication_->limit_lookups();
  authentication_->set_refuse_stream(
      [this](http::Call& call, const auth::TokenFault& fault, std::chrono::milliseconds stay_away) {
        watch_route_.refuse_for_now(call, fault, stay_away);
      });
  watch_route_.set_tickets(*desk_);
  idempotency_.refuse_keys_of("/tickets");
  idempotency_.refuse_keys_of("/session");
  add_series([this](api::Exposition& out) {
    api::append_access_series(out, authentication_->counts(), authenticator_->counts(),
                              store_.counts());
  });
}

http::ServerHooks Parts::hooks(const EventServerOptions& options) {
  http::ServerHooks hooks;
  if (proxies_ != nullptr && options.proxies.send_proxy_head) {
    hooks.sends_proxy_head = [this](std::string_view address) {
      return proxies_->is_ours(address);
    };
  }
  hooks.on_head = [this](http::Call& call) {
    if (proxies_ != nullptr) proxies_->derive_peer(call.request());
    const auto verdict = gate::AdminAccess::judge(call);
    return verdict == http::Verdict::kGoOn ? access_.judge(call) : verdict;
  };
  if (authentication_ != nullptr) {
    hooks.on_route = [this](http::Call& call, const http::RouteMatch& match) {
      return authentication_->judge(call, match);
    };
  }
  hooks.on_request = [this](http::Call& call, http::Finish& finish) { return admit(call, finish); };
  hooks.observe = options.observe;
  return hooks;
}

http::Verdict Parts::admit(http::Call& call, http::Finish& finish) {
  auto verdict = departure_.admit(call);
  if (verdict == http::Verdict::kGoOn) verdict = idempotency_.admit(call, finish);
  if (verdict != http::Verdict::kGoOn || rates_ == nullptr) return verdict;
  return rates_->admit_write(call);
}

void Parts::set_metric_names(const auth::NameOfTopic& name_of) {
  watch_route_.set_metric_names(name_of);
  poll_route_.set_metric_names(name_of);
  if (desk_ != nullptr) desk_->set_metric_names(name_of);
}

Status Parts::start() {
  if (archive_ != nullptr) SSE_TRY(archive_->start());
  SSE_TRY(hub_.start());
  if (const auto kept = journal_->take_repeats()) {
    idempotency_.load(kept->digest_key, kept->since, kept->texts, kept_paths_);
  }
  return {};
}

void Parts::forget_repeats(const std::array<std::uint64_t, 2>& digest_key, BootTime since) {
  idempotency_.forget_elsewhere(digest_key, since);
}

void Parts::stop() {
  loops_.stop();
  journal_->stop(std::chrono::nanoseconds(0));
}

void Parts::let_go() {
  departure_.begin();
  server_.close_when_answered();
}

void Parts::replace_credentials(std::shared_ptr<const auth::Credentials> credentials) {
  SSE_CHECK(authenticator_ != nullptr);
  authenticator_->replace(std::move(credentials));
  review_streams();
}

Status Parts::take_over(net::Loop& loop, hub::HandedStream&& stream,
                        std::unique_ptr<net::Socket> socket) {
  if ((stream.identity != nullptr) != (authenticator_ != nullptr)) {
    return Error{ErrorCode::kForbidden,
                 "of the two hubs one asks for credentials, and the other does not"};
  }
  std::shared_ptr<const void> held;
  const bool is_counted =
      stream.identity != nullptr && stream_quota_.most() > 0 && !stream.identity->is_anonymous;
  if (is_counted) {
    held = stream_quota_.take(stream.identity->id);
    if (held == nullptr) {
      return Error{ErrorCode::kFull, "--max-per-token is lower than that of the other hub"};
    }
  }
  return hub_.take_over(loop, std::move(stream), std::move(socket), std::move(held));
}

// By the newest there are, each time: a stream may open now that was judged before this.
void Parts::review_streams() {
  hub_.review_streams([this](const Identity& identity) {
    return standing_of(static_cast<const auth::Principal&>(identity));
  });
}

hub::StreamStanding Parts::standing_of(const auth::Principal& principal) const {
  if (principal.session) return standing_by(*sessions_, principal, clock_.now());
  return standing_by(*authenticator_->credentials(), principal);
}

void Parts::add_series(std::function<void(api::Exposition&)> append) {
  admin_routes_.add_series(std::move(append));
}

}  // namespace sse::server
