#include "sse/gate/authentication.h"

#include <memory>
#include <optional>
#include <utility>

#include "sse/base/ascii.h"
#include "sse/base/ip_address.h"
#include "sse/base/logging.h"
#include "sse/gate/access.h"
#include "sse/gate/admin_access.h"
#include "sse/gate/rights.h"
#include "sse/gate/session_desk.h"
#include "sse/gate/ticket_desk.h"
#include "sse/http/call.h"
#include "sse/http/error_response.h"
#include "sse/http/router.h"
#include "sse/web/answer.h"

namespace sse::gate {
namespace {

using auth::SharedPrincipal;
using auth::TokenFault;
using http::RouteNeeds;
using http::Verdict;

constexpr char kChallenge[] = "Bearer";
constexpr char kInvalidToken[] = R"(Bearer error="invalid_token")";
constexpr char kInvalidRequest[] = R"(Bearer error="invalid_request")";
constexpr std::string_view kScheme = "Bearer";
constexpr char kStreamPath[] = "/events/watch";
constexpr char kPollPath[] = "/events";

constexpr char kNoCredential[] =
    "this hub asks for a credential: expected a header Authorization: Bearer TOKEN";
constexpr char kBadCredential[] = "the credential is not valid here; the hub's log says why";
constexpr char kTwoTokens[] = "there are two bearer tokens; expected one credential";
constexpr char kTokenAndTicket[] = "there are a bearer token and a ticket; expected one credential";
constexpr char kWait[] = "too many bad tokens came from your address; try again later";

constexpr char kUnavailable[] =
    "tickets and sessions cannot be checked now: what keeps them does not answer";

// A bucket of failures gets one more each second.
constexpr std::chrono::seconds kWaitTime{1};
// A promotion of another engine takes some seconds.
constexpr std::chrono::seconds kUnavailableTime{5};

// A text in quotes (RFC 6750 section 3 allows no others).
constexpr bool is_description_character(char c) {
  return c >= 0x20 && c <= 0x7E && c != '"' && c != '\\';
}

/// The token of `Authorization: Bearer TOKEN`; nullopt for another scheme, as a proxy's Basic: that
/// is not a credential of ours.
std::optional<std::string_view> bearer_token(std::string_view value) {
  if (!equals_ignoring_case(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  value.remove_prefix(kScheme.size());
  if (!value.empty() && value.front() != ' ') return std::nullopt;
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

/// A request without a credential where the token file has no [anonymous].
const SharedPrincipal& stranger() {
  static const SharedPrincipal principal = [] {
    auto made = std::make_shared<auth::Principal>();
    made->id = auth::kAnonymous;
    made->is_anonymous = true;
    return made;
  }();
  return principal;
}

/// Who asks by the listeners of --admin-bind: reaching them is the credential.
const SharedPrincipal& operator_principal() {
  static const SharedPrincipal principal = [] {
    auto made = std::make_shared<auth::Principal>();
    made->id = "operator";
    made->permissions = {true, true, true};
    return made;
  }();
  return principal;
}

std::string with_description(std::string_view text) {
  std::string value(kInvalidToken);
  value += R"(, error_description=")";
  for (const char c : text) value += is_description_character(c) ? c : '?';
  return value + '"';
}

TokenFault not_looked_up() {
  return {TokenFault::Kind::kWait, "too many tickets and sessions of its address were not found"};
}

std::string group_of(const http::Request& request) {
  return request.group ? to_string(*request.group) : std::string();
}

std::string in_path(const http::RouteMatch& match, const std::string& topic) {
  const std::string name = '{' + std::string(match.parameter) + '}';
  const auto at = topic.find(name);
  if (at == std::string::npos) return topic;
  return std::string(topic).replace(at, name.size(), match.parameter_value);
}

/// Whether the grants reach the topic of a route. By the name of a metric only its route knows.
bool reaches(const Rights& rights, const http::RouteMatch& match, const RouteNeeds& needs) {
  if (needs.topic.empty()) return !rights.principal()->publish.is_empty();
  const std::string topic = in_path(match, needs.topic);
  if (topic == needs.topic) return rights.may_publish_all(topic);
  return rights.may_publish(topic) || rights.has_publish_names();
}

}  // namespace

Verdict Authentication::judge(http::Call& call, const http::RouteMatch& match) {
  static const RouteNeeds credential;
  const RouteNeeds& needs = match.route != nullptr ? match.route->needs : credential;
  if (needs.kind == RouteNeeds::Kind::kNothing) return Verdict::kGoOn;
  auto identified = identify(call);
  return identified ? judge_as(call, match, *std::move(identified)) : Verdict::kLater;
}

Verdict Authentication::judge_as(http::Call& call, const http::RouteMatch& match,
                                 Identified identified) {
  static const RouteNeeds credential;
  const RouteNeeds& needs = match.route != nullptr ? match.route->needs : credential;
  if (!identified) {
    refuse_fault(call, identified.error());
    return Verdict::kAnswered;
  }
  call.identity() = *std::move(identified);
  call.response().fields.set("Cache-Control", "no-store");
  return check(call, match, needs);
}

bool Authentication::may_look_up(const http::Request& request) {
  return !limits_lookups_ || authenticator_.may_look_up(group_of(request), clock_.now().boot);
}

/// Asks a desk for what the store has. nullopt: that comes later, and then the call is judged.
template <typename T, typename Ask, typename Then>
std::optional<Authentication::Identified> Authentication::ask(http::Call& call, const Ask& ask,
                                                              Then then) {
  const auto make_done = [&]() -> Done<T> {
    // Written before the Resume is called, read after it.
    const auto outcome = std::make_shared<std::optional<Result<T>>>();
    auto resume =
        call.judge_later([this, outcome, then](http::Call& judged, const http::RouteMatch& match) {
          return judge_as(judged, match, then(judged, **outcome));
        });
    return [this, outcome, resume = std::move(resume),
            group = group_of(call.request())](Result<T> known) {
      // Here, since a request that has gone meanwhile is not judged.
      if (limits_lookups_ && known && !*known) {
        authenticator_.note_not_found(group, clock_.now().boot);
      }
      *outcome = std::move(known);
      resume();
    };
  };
  const auto known = ask(Later<T>(make_done));
  if (!known) return std::nullopt;
  return then(call, *known);
}

std::optional<Authentication::Identified> Authentication::identify(http::Call& call) {
  const http::Request& request = call.request();
  if (request.entrance == http::Entrance::kAdmin) return Identified(operator_principal());
  std::optional<std::string_view> token;
  for (const auto& field : request.fields) {
    if (!equals_ignoring_case(field.name, "Authorization")) continue;
    const auto found = bearer_token(field.value);
    if (!found) continue;
    if (token) return Identified(TokenFault{TokenFault::Kind::kTwo, kTwoTokens});
    token = found;
  }
  const bool may_have_ticket = request.path == kStreamPath || request.path == kPollPath;
  const std::string* const ticket =
      desk_ != nullptr && may_have_ticket ? request.param("ticket") : nullptr;
  if (ticket != nullptr) {
    // A poll can send a header. Anonymous rights would look as if the ticket had counted.
    if (request.path == kPollPath) {
      return Identified(
          TokenFault{TokenFault::Kind::kForm, "a ticket opens streams, and no polls"});
    }
    // A page has one or the other; both are a mistake that would show only at the first cut.
    if (token) return Identified(TokenFault{TokenFault::Kind::kTwo, kTokenAndTicket});
    if (!may_look_up(request)) return Identified(not_looked_up());
    return ask<TicketStore::MayBeFound>(
        call, [&](const auto& later) { return desk_->find(request, *ticket, later); },
        [this](http::Call& judged, const Result<TicketStore::MayBeFound>& found) -> Identified {
          return desk_->judge(judged.request(), *judged.request().param("ticket"), found);
        });
  }
  if (!token) return identify_page(call);
  return authenticator_.judge(
      *token, [&] { return group_of(request); }, clock_.now(), call.budget());
}

/// A request without a token: of a session, of a client with a certificate, or of anyone.
std::optional<Authentication::Identified> Authentication::identify_page(http::Call& call) {
  if (const auto cookie = sessions_ ? sessions_->cookie_of(call.request()) : std::nullopt) {
    if (!sessions_->is_known(*cookie) && !may_look_up(call.request())) {
      return Identified(not_looked_up());
    }
    return ask<TicketStore::MayBeSession>(
        call, [&](const auto& later) { return sessions_->find(*cookie, later); },
        [this](http::Call& judged, const Result<TicketStore::MayBeSession>& found) -> Identified {
          const auto& request = judged.request();
          auto principal = sessions_->judge(*sessions_->cookie_of(request), found);
          // Its page would get 401 for ever, and never see why.
          if (found && !principal) sessions_->clear_cookie(request, judged.response());
          return principal;
        });
  }
  const http::Request& request = call.request();
  const auto& names = request.certificate_names;
  if (!names.empty() && access_ != nullptr && access_->counts_certificate(request)) {
    return authenticator_.judge_certificate(names, clock_.now());
  }
  if (auto anonymous = authenticator_.anonymous()) return Identified(std::move(anonymous));
  return Identified(stranger());
}

Verdict Authentication::check(http::Call& call, const http::RouteMatch& match,
                              const RouteNeeds& needs) {
  const Rights rights = Rights::of(call);
  const auth::Principal& principal = *rights.principal();
  std::optional<Error> refusal;
  switch (needs.kind) {
    case RouteNeeds::Kind::kNothing:
    case RouteNeeds::Kind::kAnyone:
      break;
    case RouteNeeds::Kind::kCredential:
      if (principal.is_anonymous) refusal = Error{ErrorCode::kForbidden, kNoCredential};
      break;
    case RouteNeeds::Kind::kSubscribe:
      if (principal.subscribe.is_empty()) {
        refusal = Error{ErrorCode::kForbidden, "may not read anything: there is no grant for it"};
      }
      break;
    case RouteNeeds::Kind::kDelete:
      if (!principal.permissions.can_delete) {
        refusal = Error{ErrorCode::kForbidden, "may not delete: that takes permission delete"};
        break;
      }
      [[fallthrough]];
    case RouteNeeds::Kind::kPublish:
      if (!reaches(rights, match, needs)) {
        refusal = needs.topic.empty() ? Error{ErrorCode::kForbidden,
                                              "may not publish anything: there is no grant for it"}
                                      : rights.no_publishing(in_path(match, needs.topic));
      }
      break;
    case RouteNeeds::Kind::kObserve:
      refusal = admin_access_.refusal_to(principal, call.request(), Operation::kObserve);
      break;
    case RouteNeeds::Kind::kAdmin:
      refusal = admin_access_.refusal_to(principal, call.request(), Operation::kAdmin);
      break;
  }
  if (!refusal) return Verdict::kGoOn;
  if (principal.is_anonymous) {
    refuse_stranger(call);
  } else {
    refuse_principal(call, *refusal);
  }
  return Verdict::kAnswered;
}

// The reason goes to the log: told to a peer, it would say what is accepted.
void Authentication::refuse_fault(http::Call& call, const TokenFault& fault) {
  const http::Request& request = call.request();
  http::Response& response = call.response();
  log_line(LogLevel::kInfo, request.remote_address + ": " + request.method +
                                ": the credential was refused: " + fault.reason);
  response.fields.set("Cache-Control", "no-store");
  using Kind = TokenFault::Kind;
  if (fault.kind == Kind::kWait || fault.kind == Kind::kUnavailable) {
    return refuse_for_now(call, fault);
  }
  bad_credentials_.fetch_add(1, std::memory_order_relaxed);
  if (fault.kind == TokenFault::Kind::kTwo) {
    http::error_response(response, 400, fault.reason);
    response.fields.set("WWW-Authenticate", kInvalidRequest);
    return;
  }
  const bool is_told = fault.may_be_told();
  http::error_response(response, 401, is_told ? fault.reason : kBadCredential);
  response.fields.set("WWW-Authenticate",
                      is_told ? with_description(fault.reason) : std::string(kInvalidToken));
}

void Authentication::refuse_for_now(http::Call& call, TokenFault fault) {
  const bool has_to_wait = fault.kind == TokenFault::Kind::kWait;
  if (has_to_wait) waits_.fetch_add(1, std::memory_order_relaxed);
  fault.reason = has_to_wait ? kWait : kUnavailable;
  const std::chrono::seconds stay_away = has_to_wait ? kWaitTime : kUnavailableTime;
  const http::Request& request = call.request();
  if (refuse_stream_ && request.path == kStreamPath && request.method == "GET") {
    return refuse_stream_(call, fault, stay_away);
  }
  http::error_response(call.response(), has_to_wait ? 429 : 503, fault.reason);
  call.response().fields.set("Retry-After", std::to_string(stay_away.count()));
}

void Authentication::refuse_stranger(http::Call& call) {
  no_credentials_.fetch_add(1, std::memory_order_relaxed);
  http::error_response(call.response(), 401, kNoCredential);
  call.response().fields.set("WWW-Authenticate", kChallenge);
}

void Authentication::refuse_principal(http::Call& call, const Error& error) {
  forbidden_.fetch_add(1, std::memory_order_relaxed);
  log_line(LogLevel::kInfo, call.request().remote_address + ": " + call.identity()->id + ": " +
                                call.request().method + ": " + error.text);
  web::answer_error(call.response(), error);
}

AuthenticationCounts Authentication::counts() const {
  return {bad_credentials_.load(std::memory_order_relaxed),
          no_credentials_.load(std::memory_order_relaxed),
          forbidden_.load(std::memory_order_relaxed), waits_.load(std::memory_order_relaxed)};
}

}  // namespace sse::gate
