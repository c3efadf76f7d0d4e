#include "sse/gate/session_desk.h"

#include <algorithm>
#include <memory>

#include "sse/gate/access.h"
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
SharedPrincipal principal_in(const Tickets::Session& session, const auth::Sha256& key,
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

Result<SharedPrincipal, TokenFault> SessionDesk::judge(std::string_view cookie) const {
  const Now now = clock_.now();
  const auto key = Tickets::session_key(cookie);
  const auto session = key ? tickets_.find_session(*key, now.boot) : std::nullopt;
  if (!session) return TokenFault{TokenFault::Kind::kKey, "the session is unknown or over"};
  const auto parent = authenticator_.credentials()->newest_of(session->principal);
  if (parent == nullptr || parent->is_expired(now.wall)) {
    return TokenFault{TokenFault::Kind::kKey,
                      "the credential that the session was opened with is no longer valid"};
  }
  return principal_in(*session, *key, parent, now);
}

void SessionDesk::clear_cookie(const http::Request& request, http::Response& response) const {
  if (const auto name = names_.session(request)) {
    names_.set(request, response, *name, "", std::chrono::seconds(0), kPath);
  }
}

Result<SessionDesk::Opened> SessionDesk::open(http::Call& call) {
  const auto principal = principal_of(call);
  if (principal->parent != nullptr) return Error{ErrorCode::kInvalid, kNeedsBearer};
  const auto name = names_.session(call.request());
  if (!name) return Error{ErrorCode::kInvalid, kNeedsHttps};
  const Now now = clock_.now();
  BootTime expires = now.boot + kLongestLife;
  if (principal->expires) expires = std::min(expires, now.boot + (*principal->expires - now.wall));
  const auto life = std::chrono::ceil<std::chrono::seconds>(expires - now.boot);

  const auto before = cookie_of(call.request());
  const auto key = before ? Tickets::session_key(*before) : std::nullopt;
  const auto old = key ? tickets_.find_session(*key, now.boot) : std::nullopt;
  const bool is_same = old && old->principal->id == principal->id;
  if (is_same && tickets_.renew_session(*key, principal, expires, now.boot)) {
    // The same value: another tab may have a request on its way with it.
    names_.set(call.request(), call.response(), *name, *before, life, kPath);
    if (changed_) changed_();
    return Opened{How::kRenewed, principal_in({principal, expires, 0}, *key, principal, now)};
  }
  const auto secret = SSE_TRY(tickets_.open_session(principal, expires, now.boot));
  names_.set(call.request(), call.response(), *name, secret, life, kPath);
  if (old) {
    tickets_.end_session(*key);
    if (changed_) changed_();
  }
  return Opened{How::kNew,
                principal_in({principal, expires, 0}, auth::sha256_of(secret), principal, now)};
}

bool SessionDesk::end(http::Call& call) {
  const auto cookie = cookie_of(call.request());
  if (!cookie) return false;
  clear_cookie(call.request(), call.response());
  if (const auto key = Tickets::session_key(*cookie)) {
    tickets_.end_session(*key);
    if (changed_) changed_();
  }
  return true;
}

SessionDesk::Standing SessionDesk::standing_of(const auth::Principal& principal) const {
  using Kind = Standing::Kind;
  const Now now = clock_.now();
  const auto& [key, renewals] = *principal.session;
  const auto session = tickets_.find_session(key, now.boot);
  const auto parent =
      session ? authenticator_.credentials()->newest_of(session->principal) : nullptr;
  if (parent == nullptr) return {Kind::kGone};
  if (!auth::has_same_rights(*parent, principal)) return {Kind::kChanged};
  if (session->renewals == renewals && parent == principal.parent) return {Kind::kSame};
  return {Kind::kRenewed, principal_in(*session, key, parent, now)};
}

}  // namespace sse::gate
