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

// A bucket of failures gets one more each second.
constexpr std::chrono::seconds kWaitTime{1};

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
  auto principal = identify(call);
  if (!principal) {
    refuse_fault(call, principal.error());
    return Verdict::kAnswered;
  }
  call.identity() = *std::move(principal);
  call.response().fields.set("Cache-Control", "no-store");
  return check(call, match, needs);
}

Result<SharedPrincipal, TokenFault> Authentication::identify(http::Call& call) {
  const http::Request& request = call.request();
  if (request.entrance == http::Entrance::kAdmin) return operator_principal();
  std::optional<std::string_view> token;
  for (const auto& field : request.fields) {
    if (!equals_ignoring_case(field.name, "Authorization")) continue;
    const auto found = bearer_token(field.value);
    if (!found) continue;
    if (token) return TokenFault{TokenFault::Kind::kTwo, kTwoTokens};
    token = found;
  }
  const bool may_have_ticket = request.path == kStreamPath || request.path == kPollPath;
  const std::string* const ticket =
      desk_ != nullptr && may_have_ticket ? request.param("ticket") : nullptr;
  if (ticket != nullptr) {
    // A poll can send a header. Anonymous rights would look as if the ticket had counted.
    if (request.path == kPollPath) {
      return TokenFault{TokenFault::Kind::kForm, "a ticket opens streams, and no polls"};
    }
    // A page has one or the other; both are a mistake that would show only at the first cut.
    if (token) return TokenFault{TokenFault::Kind::kTwo, kTokenAndTicket};
    return desk_->judge(request, *ticket);
  }
  if (!token) return identify_page(call);
  return authenticator_.judge(
      *token, [&] { return group_of(request); }, clock_.now(), call.budget());
}

/// A request without a token: of a session, of a client with a certificate, or of anyone.
Result<SharedPrincipal, TokenFault> Authentication::identify_page(http::Call& call) {
  if (const auto cookie = sessions_ ? sessions_->cookie_of(call.request()) : std::nullopt) {
    auto judged = sessions_->judge(*cookie);
    // Its page would get 401 for ever, and never see why.
    if (!judged) sessions_->clear_cookie(call.request(), call.response());
    return judged;
  }
  const http::Request& request = call.request();
  const auto& names = request.certificate_names;
  if (!names.empty() && access_ != nullptr && access_->counts_certificate(request)) {
    return authenticator_.judge_certificate(names, clock_.now());
  }
  if (auto anonymous = authenticator_.anonymous()) return anonymous;
  return stranger();
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
  if (fault.kind == TokenFault::Kind::kWait) {
    return refuse_wait(call);
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

void Authentication::refuse_wait(http::Call& call) {
  waits_.fetch_add(1, std::memory_order_relaxed);
  const http::Request& request = call.request();
  if (refuse_stream_ && request.path == kStreamPath && request.method == "GET") {
    return refuse_stream_(call, kWaitTime, kWait);
  }
  http::error_response(call.response(), 429, kWait);
  call.response().fields.set("Retry-After", std::to_string(kWaitTime.count()));
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
