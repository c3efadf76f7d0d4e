#pragma once

/// \file
/// Sessions: how a page of the hub's own acts for a user without keeping a token
/// (docs/access.md).

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
#include "sse/gate/cookies.h"
#include "sse/gate/ticket_store.h"

namespace sse::http {
class Call;
struct Request;
struct Response;
}  // namespace sse::http

namespace sse::gate {

class Access;

/// Opens sessions, and checks the cookies of requests. A session does all that its principal may
/// do now, and keeps no rights of its own. Its cookie counts in requests that a page of the hub's
/// own, or of an origin that is named, must have sent (Access::counts_cookies()): a browser sends
/// it for pages of other ports, too. Thread-safe.
class SSE_EXPORT SessionDesk {
 public:
  /// Of a session, at most; it ends with its token.
  static constexpr std::chrono::hours kLongestLife{24};

  /// All of them outlive this. `public_url`: where pages reach the hub through a proxy; may be
  /// empty.
  SessionDesk(TicketStore& tickets, const auth::Authenticator& authenticator, const Access& access,
              const Clock& clock, const std::string& public_url)
      : tickets_(tickets),
        authenticator_(authenticator),
        access_(access),
        clock_(clock),
        names_(public_url) {}

  /// `changed` runs when open streams may be of a session that has ended or was renewed, on the
  /// thread of the request. Before serving.
  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

  /// The cookie of a request, if it has one that counts. A view of the request.
  std::optional<std::string_view> cookie_of(const http::Request& request) const;
  /// The session of such a cookie, as the store has it.
  TicketStore::AtOnce<TicketStore::MayBeSession> find(
      std::string_view cookie, const Later<TicketStore::MayBeSession>& later) const;
  /// Whether a request has come by the session of such a cookie, here.
  bool is_known(std::string_view cookie) const;
  /// The principal of the cookie of that session.
  Result<auth::SharedPrincipal, auth::TokenFault> judge(
      std::string_view cookie, const Result<TicketStore::MayBeSession>& found) const;
  /// Has the browser drop its cookie.
  void clear_cookie(const http::Request& request, http::Response& response) const;

  enum class How : std::uint8_t { kNew, kRenewed };
  struct Opened {
    How how = How::kNew;
    auth::SharedPrincipal principal;  ///< as the session has it from now on
  };
  /// A session for the bearer token of the call: the response is what `answer` makes of it, now or
  /// later. A session that the browser has is renewed when it is of the same principal: its cookie
  /// stays. Otherwise it ends. Sets the cookie. Errors: kInvalid without a bearer token, and where
  /// the browser would not keep the cookie; those of TicketStore.
  void open(http::Call& call, std::function<void(http::Call&, const Result<Opened>&)> answer);

  /// Ends the session of the call's cookie, and has the browser drop it. `answer` gets false when
  /// there is none that counts. Errors: those of TicketStore; then the session goes on.
  void end(http::Call& call, std::function<void(http::Call&, const Result<bool>&)> answer);

  /// What became of a principal that came by a session.
  struct Standing {
    enum class Kind : std::uint8_t {
      kSame,
      kRenewed,  ///< the same rights until another time: `principal`
      kChanged,  ///< other rights
      kGone,
    };
    Kind kind = Kind::kSame;
    auth::SharedPrincipal principal = nullptr;
  };
  /// REQUIRES: principal.session.
  Standing standing_of(const auth::Principal& principal) const;

 private:
  Opened note_opened(http::Call& call, const TicketStore::SignIn& wanted,
                     const TicketStore::SignedIn& signed_in) const;

  TicketStore& tickets_;
  const auth::Authenticator& authenticator_;
  const Access& access_;
  const Clock& clock_;
  const CookieNames names_;
  std::function<void()> changed_;
};

}  // namespace sse::gate
