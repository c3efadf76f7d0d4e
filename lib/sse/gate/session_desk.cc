#include "sse/gate/session_desk.h"

#include <algorithm>
#include <memory>

#include "sse/gate/access.h"
#include "sse/gate/ask_store.h"
#include "sse/gate/rights.h"
#include "sse/http/call.h"

namespace sse::gate {
namespace {

using auth::SharedPrincipal;
using auth::TokenFault;

constexpr char kPath[] = "/";

constexpr char kNeedsBearer[] =
    "a session is opened by a token: expected a header Authorization: Bearer TOKEN";
constexpr char kNeedsHttps[] =
    "a session needs https, or a page on the hub's own machine: its cookie would go in the clear; "
    "--tls-cert has the hub speak TLS, and --public-url https://... says that a proxy adds it";

/// `parent`: as its own credential has it now.
SharedPrincipal principal_in(const TicketStore::Session& session, const auth::Sha256& key,
                             const SharedPrincipal& parent, const Now& now) {
  auto made = std::make_shared<auth::Principal>(*parent);
  made->expires = now.wall + (session.expires - now.boot);
  if (parent->expires) made->expires = std::min(*made->expires, *parent->expires);
  made->parent = parent;
  made->session = {key, session.renewals};
  return made;
}

}  // namespace

std::optional<std::string_view> SessionDesk::cookie_of(const http::Request& request) const {
  // Most requests have no cookie at all.
  if (!request.fields.has("Cookie")) return std::nullopt;
  const auto name = names_.session(request);
  if (!name) return std::nullopt;
  const auto cookie = find_cookie(request, *name);
  if (!cookie || !access_.counts_cookies(request)) return std::nullopt;
  return cookie;
}

TicketStore::AtOnce<TicketStore::MayBeSession> SessionDesk::find(
    std::string_view cookie, const Later<TicketStore::MayBeSession>& later) const {
  const auto key = session_key(cookie);
  if (!key) return Result<TicketStore::MayBeSession>(std::nullopt);
  return tickets_.find_session(*key, clock_.now().boot, later);
}

bool SessionDesk::is_known(std::string_view cookie) const {
  const auto key = session_key(cookie);
  return key && tickets_.known_session(*key, clock_.now().boot);
}

Result<SharedPrincipal, TokenFault> SessionDesk::judge(
    std::string_view cookie, const Result<TicketStore::MayBeSession>& found) const {
  if (!found) return TokenFault{TokenFault::Kind::kUnavailable, found.error().text};
  const auto& session = *found;
  const Now now = clock_.now();
  if (!session || now.boot >= session->expires) {
    return TokenFault{TokenFault::Kind::kKey, "the session is unknown or over"};
  }
  const auto parent = authenticator_.credentials()->newest_of(session->principal);
  if (parent == nullptr || parent->is_expired(now.wall)) {
    return TokenFault{TokenFault::Kind::kKey,
                      "the credential that the session was opened with is no longer valid"};
  }
  return principal_in(*session, *session_key(cookie), parent, now);
}

void SessionDesk::clear_cookie(const http::Request& request, http::Response& response) const {
  if (const auto name = names_.session(request)) {
    names_.set(request, response, *name, "", std::chrono::seconds(0), kPath);
  }
}

void SessionDesk::open(http::Call& call,
                       std::function<void(http::Call&, const Result<Opened>&)> answer) {
  const auto principal = principal_of(call);
  if (principal->parent != nullptr) return answer(call, Error{ErrorCode::kInvalid, kNeedsBearer});
  if (!names_.session(call.request())) return answer(call, Error{ErrorCode::kInvalid, kNeedsHttps});
  const Now now = clock_.now();
  TicketStore::SignIn wanted{principal, now.boot + kLongestLife, std::nullopt};
  if (principal->expires) {
    wanted.expires = std::min(wanted.expires, now.boot + (*principal->expires - now.wall));
  }
  if (const auto before = cookie_of(call.request())) wanted.before = session_key(*before);
  ask_in_slices<TicketStore::SignedIn>(
      tickets_, call,
      [this, wanted](const auto& later) {
        return tickets_.sign_in(wanted, clock_.now().boot, later);
      },
      [this, &call, wanted, answer = std::move(answer)](Result<TicketStore::SignedIn> signed_in) {
        if (signed_in) {
          answer(call, note_opened(call, wanted, *signed_in));
        } else {
          answer(call, signed_in.error());
        }
        return http::Slice::kDone;
      });
}

SessionDesk::Opened SessionDesk::note_opened(http::Call& call, const TicketStore::SignIn& wanted,
                                             const TicketStore::SignedIn& signed_in) const {
  const Now now = clock_.now();
  const auto life = std::chrono::ceil<std::chrono::seconds>(wanted.expires - now.boot);
  const bool is_new = !signed_in.secret.empty();
  // One that is renewed keeps its value: another tab may have a request on its way with it.
  const std::string secret = is_new ? signed_in.secret : std::string(*cookie_of(call.request()));
  names_.set(call.request(), call.response(), *names_.session(call.request()), secret, life, kPath);
  if (changed_ && (!is_new || signed_in.has_ended_other)) changed_();
  return {is_new ? How::kNew : How::kRenewed,
          principal_in({wanted.principal, wanted.expires, 0}, *session_key(secret),
                       wanted.principal, now)};
}

void SessionDesk::end(http::Call& call,
                      std::function<void(http::Call&, const Result<bool>&)> answer) {
  const auto cookie = cookie_of(call.request());
  if (!cookie) return answer(call, false);
  const auto key = session_key(*cookie);
  ask_in_slices<void>(
      tickets_, call,
      [this, key](const auto& later) -> std::optional<Status> {
        return key ? tickets_.end_session(*key, later) : Status();
      },
      [this, &call, answer = std::move(answer)](const Status& ended) {
        if (!ended) {
          answer(call, ended.error());
        } else {
          clear_cookie(call.request(), call.response());
          if (changed_) changed_();
          answer(call, true);
        }
        return http::Slice::kDone;
      });
}

SessionDesk::Standing SessionDesk::standing_of(const auth::Principal& principal) const {
  using Kind = Standing::Kind;
  const Now now = clock_.now();
  const auto& [key, renewals] = *principal.session;
  const auto session = tickets_.known_session(key, now.boot);
  const auto parent =
      session ? authenticator_.credentials()->newest_of(session->principal) : nullptr;
  if (parent == nullptr) return {Kind::kGone};
  if (!auth::has_same_rights(*parent, principal)) return {Kind::kChanged};
  if (session->renewals == renewals && parent == principal.parent) return {Kind::kSame};
  return {Kind::kRenewed, principal_in(*session, key, parent, now)};
}

}  // namespace sse::gate
