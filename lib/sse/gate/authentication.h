#pragma once

/// \file
/// Who asks: from the header `Authorization` to the principal of a call, and whether it has what
/// its route needs (docs/access.md).

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sse/auth/authenticator.h"
#include "sse/auth/principal.h"
#include "sse/auth/token_fault.h"
#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::http {
class Call;
struct Request;
struct RouteMatch;
struct RouteNeeds;
enum class Verdict : std::uint8_t;
}  // namespace sse::http

namespace sse::gate {

class Access;
class AdminAccess;
class SessionDesk;
class TicketDesk;

/// Since the start. A value.
struct AuthenticationCounts {
  std::uint64_t bad_credentials = 0;  ///< 401: there, and not good
  std::uint64_t no_credentials = 0;   ///< 401: none, where one is needed
  std::uint64_t forbidden = 0;        ///< 403: good, and not enough for the route
  std::uint64_t waits = 0;            ///< 429: too many bad tokens from there
};

/// Stands behind Access and before the routes (http::ServerHooks::on_route). A credential that is
/// there and bad is 401, and never makes a request anonymous. Found and unknown routes are judged
/// alike: a peer without a credential does not learn which paths there are. Thread-safe.
class SSE_EXPORT Authentication {
 public:
  /// All of them outlive this.
  Authentication(auth::Authenticator& authenticator, const AdminAccess& admin_access,
                 const Clock& clock)
      : authenticator_(authenticator), admin_access_(admin_access), clock_(clock) {}

  /// Tickets count, too (GET /events/watch). Before serving; outlives this.
  void set_tickets(const TicketDesk& desk) { desk_ = &desk; }
  /// Cookies of sessions count, too. The same.
  void set_sessions(const SessionDesk& sessions) { sessions_ = &sessions; }

  /// Tickets and sessions are looked up in another process: an address of which too many were not
  /// found waits (429), as one with bad signed tokens does. Before serving.
  void limit_lookups() { limits_lookups_ = true; }

  /// Certificates of clients count, too, in requests where they may. The same.
  void set_certificates(const Access& access) { access_ = &access; }

  /// Who answers a request for a stream that has to wait (429, 503): an EventSource needs it in
  /// another form, or it never comes back. Before serving.
  using RefuseStream = std::function<void(http::Call&, const auth::TokenFault&,
                                          std::chrono::milliseconds stay_away)>;
  void set_refuse_stream(RefuseStream refuse) { refuse_stream_ = std::move(refuse); }

  /// Sets http::Call::identity(). kAnswered: with 401, 403, 429 or 503. kLater: who asks is known
  /// once the hubs' store of tickets and sessions has said so.
  http::Verdict judge(http::Call& call, const http::RouteMatch& match);

  AuthenticationCounts counts() const;

 private:
  using Identified = Result<auth::SharedPrincipal, auth::TokenFault>;

  std::optional<Identified> identify(http::Call& call);
  std::optional<Identified> identify_page(http::Call& call);
  bool may_look_up(const http::Request& request);
  template <typename T, typename Ask, typename Then>
  std::optional<Identified> ask(http::Call& call, const Ask& ask, Then then);
  http::Verdict judge_as(http::Call& call, const http::RouteMatch& match, Identified identified);
  void refuse_for_now(http::Call& call, auth::TokenFault fault);
  void refuse_fault(http::Call& call, const auth::TokenFault& fault);
  void refuse_stranger(http::Call& call);
  void refuse_principal(http::Call& call, const Error& error);
  http::Verdict check(http::Call& call, const http::RouteMatch& match,
                      const http::RouteNeeds& needs);

  auth::Authenticator& authenticator_;
  const AdminAccess& admin_access_;
  const Clock& clock_;
  const TicketDesk* desk_ = nullptr;       // null: there are no tickets
  const SessionDesk* sessions_ = nullptr;  // the same
  const Access* access_ = nullptr;         // null: certificates do not count
  RefuseStream refuse_stream_;             // null: as any other request
  bool limits_lookups_ = false;
  std::atomic<std::uint64_t> bad_credentials_{0};
  std::atomic<std::uint64_t> no_credentials_{0};
  std::atomic<std::uint64_t> forbidden_{0};
  std::atomic<std::uint64_t> waits_{0};
};

}  // namespace sse::gate
