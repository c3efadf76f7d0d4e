#include "sse/gate/ticket_desk.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sse/base/ascii.h"
#include "sse/gate/access.h"
#include "sse/gate/ask_store.h"
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

void TicketDesk::make(http::Call& call, Order order,
                      std::function<void(http::Call&, Result<TicketStore::Made>)> answer) {
  auto wish = wish_of(call, std::move(order));
  if (!wish) return answer(call, wish.error());
  ask_in_slices<TicketStore::Made>(
      tickets_, call,
      [this, wish = *std::move(wish)](const auto& later) {
        return tickets_.make(wish, clock_.now().boot, later);
      },
      [&call, answer = std::move(answer)](Result<TicketStore::Made> made) {
        answer(call, std::move(made));
        return http::Slice::kDone;
      });
}

Result<TicketStore::Wish> TicketDesk::wish_of(const http::Call& call, Order order) const {
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
  TicketStore::Wish wish{principal, std::move(order.topics), std::nullopt, order.life};
  const std::string origin = order.origin.empty() ? std::string(call.request().fields.get("Origin"))
                                                  : std::move(order.origin);
  if (origin.size() > kMostOrigin) {
    return Error{ErrorCode::kInvalid,
                 "origin: expected at most " + std::to_string(kMostOrigin) + " bytes"};
  }
  if (!origin.empty() && !access_.is_own(call.request(), origin)) wish.origin = origin;
  return wish;
}

/// A page of another origin sends its own; one of the hub's own may send none with a GET.
bool TicketDesk::may_redeem(const http::Request& request,
                            const std::optional<std::string>& wanted) const {
  if (!request.fields.has("Origin")) return !wanted;
  const auto origin = request.fields.get("Origin");
  return wanted ? equals_ignoring_case(origin, *wanted) : access_.is_own(request, origin);
}

TicketStore::AtOnce<TicketStore::MayBeFound> TicketDesk::find(
    const http::Request& request, std::string_view ticket,
    const Later<TicketStore::MayBeFound>& later) const {
  const auto cookie = find_cookie(request, names_.ticket(request, ticket));
  return tickets_.find(ticket, cookie.value_or(""), clock_.now().boot, later);
}

Result<SharedPrincipal, TokenFault> TicketDesk::judge(
    const http::Request& request, std::string_view ticket,
    const Result<TicketStore::MayBeFound>& may_be_found) const {
  if (!may_be_found) return TokenFault{TokenFault::Kind::kUnavailable, may_be_found.error().text};
  const auto& found = *may_be_found;
  const Now now = clock_.now();
  if (!found || now.boot >= found->expires) {
    return fault("the ticket is unknown or over, or another browser has used it");
  }
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

bool TicketDesk::take(http::Call& call, const Refuse& refuse) {
  const auto principal = principal_of(call);
  if (principal == nullptr || principal->ticket.empty() || principal->is_ticket_taken) return true;
  const auto ask = [this, &call, principal](const Later<TicketStore::MayBeTaken>& later) {
    return tickets_.take(principal->ticket, other_cookies(call), clock_.now().boot, later);
  };
  const auto go_on = [this, &call, refuse](Result<TicketStore::MayBeTaken> taken) {
    if (const auto noted = note_taken(call, std::move(taken)); !noted) {
      refuse(call, noted.error());
      return false;
    }
    return true;
  };
  if (tickets_.answers_at_once()) {
    const auto never = []() -> Done<TicketStore::MayBeTaken> { return nullptr; };
    return go_on(*ask(Later<TicketStore::MayBeTaken>(never)));
  }
  ask_in_slices<TicketStore::MayBeTaken>(
      tickets_, call, ask, [go_on](Result<TicketStore::MayBeTaken> taken) {
        return go_on(std::move(taken)) ? http::Slice::kAgain : http::Slice::kDone;
      });
  return false;
}

/// Those of other tickets of this hub.
std::vector<Cookie> TicketDesk::other_cookies(const http::Call& call) const {
  const http::Request& request = call.request();
  const std::string own = names_.ticket(request, principal_of(call)->ticket);
  std::vector<Cookie> others;
  for (const auto& cookie : cookies_of(request)) {
    if (others.size() >= kMostCookies) break;
    if (cookie.name != own && names_.is_of_ticket(request, cookie.name)) others.push_back(cookie);
  }
  return others;
}

Status TicketDesk::note_taken(http::Call& call, Result<TicketStore::MayBeTaken> taken) const {
  if (!taken) return taken.error();
  const http::Request& request = call.request();
  auto principal = std::make_shared<auth::Principal>(*principal_of(call));
  const std::string name = names_.ticket(request, principal->ticket);
  if (!*taken) {
    // The cookie of a use whose outcome was not known: that may be the one which was first.
    if (find_cookie(request, name)) {
      return Error{ErrorCode::kUnavailable, "the ticket was taken just now; ask again"};
    }
    return Error{ErrorCode::kForbidden, "another browser has used the ticket"};
  }
  const auto rest =
      std::chrono::ceil<std::chrono::seconds>(*principal->expires - clock_.now().wall);
  names_.set(request, call.response(), name, (*taken)->cookie, rest);
  if ((*taken)->doubt) return *(*taken)->doubt;
  for (const auto& left : (*taken)->leftovers) {
    names_.set(request, call.response(), left, "", std::chrono::seconds(0));
  }
  principal->is_ticket_taken = true;
  call.identity() = std::move(principal);
  return {};
}

}  // namespace sse::gate
