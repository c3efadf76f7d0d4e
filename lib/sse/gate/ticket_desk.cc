#include "sse/gate/ticket_desk.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sse/base/ascii.h"
#include "sse/gate/access.h"
#include "sse/gate/rights.h"
#include "sse/http/call.h"

namespace sse::gate {
namespace {

// It is kept with the ticket. No name of a host is longer.
constexpr std::size_t kMostOrigin = 300;

using auth::SharedPrincipal;
using auth::TokenFault;

// How many cookies are checked: a browser keeps no more for a host.
constexpr std::size_t kMostCookies = 200;

/// What is left of a request for topics, as grants. Those by name are for all metrics: a ticket for
/// a part of their topics has none of them.
Result<auth::Grants> grants_of(const auth::Cut& cut, const auth::Grants& whole) {
  auth::Cut left = cut;
  std::erase_if(left.named, [](const auto& each) { return each != auth::kMetricTopics; });
  return auth::Grants::make(whole.texts_of(left));
}

TokenFault fault(std::string reason) {
  return {TokenFault::Kind::kKey, std::move(reason)};
}

}  // namespace

Result<Tickets::Made> TicketDesk::make(const http::Call& call, Order order) {
  const Rights rights = Rights::of(call);
  const auto& principal = rights.principal();
  if (principal->is_anonymous || principal->parent != nullptr) {
    return Error{ErrorCode::kForbidden, "a ticket takes a token: expected Authorization: Bearer"};
  }
  const auto cut = SSE_TRY(rights.cut(order.topics, name_of_));
  if (const auto grants = grants_of(cut, principal->subscribe); !grants) {
    return Error{ErrorCode::kInvalid,
                 "topics: " + grants.error().text + " (what is left of them once they are cut)"};
  }
  Tickets::Wish wish{principal, std::move(order.topics), std::nullopt, order.life};
  const std::string origin = order.origin.empty() ? std::string(call.request().fields.get("Origin"))
                                                  : std::move(order.origin);
  if (origin.size() > kMostOrigin) {
    return Error{ErrorCode::kInvalid,
                 "origin: expected at most " + std::to_string(kMostOrigin) + " bytes"};
  }
  if (!origin.empty() && !access_.is_own(call.request(), origin)) wish.origin = origin;
  return tickets_.make(std::move(wish), clock_.now().boot);
}

/// A page of another origin sends its own; one of the hub's own may send none with a GET.
bool TicketDesk::may_redeem(const http::Request& request,
                            const std::optional<std::string>& wanted) const {
  if (!request.fields.has("Origin")) return !wanted;
  const auto origin = request.fields.get("Origin");
  return wanted ? equals_ignoring_case(origin, *wanted) : access_.is_own(request, origin);
}

Result<SharedPrincipal, TokenFault> TicketDesk::judge(const http::Request& request,
                                                      std::string_view ticket) const {
  const Now now = clock_.now();
  const auto cookie = find_cookie(request, names_.ticket(request, ticket));
  auto found = tickets_.find(ticket, cookie.value_or(""), now.boot);
  if (!found) return fault("the ticket is unknown or over, or another browser has used it");
  if (!may_redeem(request, found->wish.origin)) {
    return fault("the ticket is for pages of " +
                 found->wish.origin.value_or("the hub's own origin"));
  }
  const SharedPrincipal parent = authenticator_.credentials()->newest_of(found->wish.principal);
  if (parent == nullptr || parent->is_expired(now.wall)) {
    return fault("the credential that the ticket was made with is no longer valid");
  }
  const auto cut = parent->subscribe.cut(found->wish.topics, name_of_);
  if (!cut) return fault("nothing of what the ticket is for may be read any more");
  auto grants = grants_of(*cut, parent->subscribe);
  if (!grants) return fault("what the ticket is for is more than a ticket can hold now");
  auto made = std::make_shared<auth::Principal>();
  made->id = parent->id;
  made->subscribe = *std::move(grants);
  made->expires = now.wall + (found->expires - now.boot);
  if (parent->expires) made->expires = std::min(*made->expires, *parent->expires);
  made->limits = parent->limits;
  made->token_id = parent->token_id;
  made->issued = parent->issued;
  made->parent = parent;
  made->ticket = ticket;
  made->is_ticket_taken = found->is_taken;
  return SharedPrincipal(std::move(made));
}

Status TicketDesk::take(http::Call& call) {
  const auto principal = principal_of(call);
  if (principal == nullptr || principal->ticket.empty() || principal->is_ticket_taken) return {};
  const Now now = clock_.now();
  const auto cookie = SSE_TRY(tickets_.take(principal->ticket, now.boot));
  if (!cookie) return Error{ErrorCode::kForbidden, "another browser has used the ticket"};
  const auto rest = std::chrono::ceil<std::chrono::seconds>(*principal->expires - now.wall);
  const std::string name = names_.ticket(call.request(), principal->ticket);
  names_.set(call.request(), call.response(), name, *cookie, rest);
  expire_leftovers(call, name, now.boot);
  return {};
}

void TicketDesk::expire_leftovers(http::Call& call, const std::string& own, BootTime now) const {
  std::vector<Cookie> others;
  for (const auto& cookie : cookies_of(call.request())) {
    if (others.size() >= kMostCookies) break;
    const bool is_other = cookie.name != own && names_.is_of_ticket(call.request(), cookie.name);
    if (is_other) others.push_back(cookie);
  }
  for (const auto& name : tickets_.leftovers(others, now)) {
    names_.set(call.request(), call.response(), name, "", std::chrono::seconds(0));
  }
}

}  // namespace sse::gate
