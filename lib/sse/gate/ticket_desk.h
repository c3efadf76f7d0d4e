#pragma once

/// \file
/// What a ticket is worth in a request: its principal with what the ticket leaves of its rights.

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/auth/authenticator.h"
#include "sse/auth/grants.h"
#include "sse/auth/principal.h"
#include "sse/auth/token_fault.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/gate/cookies.h"
#include "sse/gate/ticket_store.h"

namespace sse::http {
class Call;
struct Request;
}  // namespace sse::http

namespace sse::gate {

class Access;

/// Makes tickets, and checks those of requests. A ticket opens streams, and nothing else: it
/// publishes nothing and has no permission. Rights are those that its principal has when it is
/// used. Thread-safe.
class SSE_EXPORT TicketDesk {
 public:
  /// Of a ticket, at most: a browser tab that is open for a day.
  static constexpr std::chrono::hours kLongestLife{24};
  static constexpr std::chrono::hours kUsualLife{1};

  /// All of them outlive this. `public_url`: where pages reach the hub through a proxy; may be
  /// empty.
  TicketDesk(TicketStore& tickets, const auth::Authenticator& authenticator, const Access& access,
             const Clock& clock, const std::string& public_url)
      : tickets_(tickets),
        authenticator_(authenticator),
        access_(access),
        clock_(clock),
        names_(public_url) {}

  /// How grants by the names of metrics are judged. Before serving.
  void set_metric_names(auth::NameOfTopic name_of) { name_of_ = std::move(name_of); }

  /// What `POST /tickets` asks for. A value.
  struct Order {
    std::vector<std::string> topics;
    std::chrono::nanoseconds life = kUsualLife;
    std::string origin;  ///< empty: the origin of the request, when it has one
  };
  /// A ticket for the principal of the call: the response is what `answer` makes of it, now or
  /// later. Errors: kForbidden for topics that it may not read, and for a call without a token,
  /// also for one of a session; kInvalid for more than a ticket can hold; those of TicketStore.
  void make(http::Call& call, Order order,
            std::function<void(http::Call&, Result<TicketStore::Made>)> answer);

  /// The ticket of a request, as the store has it.
  TicketStore::AtOnce<TicketStore::MayBeFound> find(
      const http::Request& request, std::string_view ticket,
      const Later<TicketStore::MayBeFound>& later) const;
  /// The principal of a request by its ticket. It has a parent, the principal that made it, and no
  /// rights but to subscribe; its ticket is not taken by this.
  Result<auth::SharedPrincipal, auth::TokenFault> judge(
      const http::Request& request, std::string_view ticket,
      const Result<TicketStore::MayBeFound>& found) const;

  /// The first use of the call's ticket, if it came by one that is not taken yet: sets the cookie,
  /// and has the browser drop those of tickets that count no more. True: the handler goes on.
  /// False: it returns, for it is called again once that is done, or `refuse` has made the
  /// response. Errors: kForbidden when another use was first; those of TicketStore.
  using Refuse = std::function<void(http::Call&, const Error&)>;
  bool take(http::Call& call, const Refuse& refuse);

 private:
  bool may_redeem(const http::Request& request, const std::optional<std::string>& wanted) const;
  Result<TicketStore::Wish> wish_of(const http::Call& call, Order order) const;
  std::vector<Cookie> other_cookies(const http::Call& call) const;
  Status note_taken(http::Call& call, Result<TicketStore::MayBeTaken> taken) const;

  TicketStore& tickets_;
  const auth::Authenticator& authenticator_;
  const Access& access_;
  const Clock& clock_;
  const CookieNames names_;
  auth::NameOfTopic name_of_;  // null: there are no metrics
};

}  // namespace sse::gate
