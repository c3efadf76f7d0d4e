// Newcomers that are answered before their first request. What they have sent is read past after
// that: closed with unread bytes, the socket would send a reset, which destroys the answer.

#include "sse/http/connection.h"
#include "sse/http/connection_set.h"
#include "sse/http/exchange.h"

namespace sse::http {

void Connection::refuse_full(net::Readiness readiness) {
  if (framing_ == nullptr && has_agreed_on_two()) return refuse_session();
  input_.note(readiness);
  begin_exchange();
  exchange_->refuse_for_places();
  go(Pace::kInTurn);
}

void Connection::refuse_plain(net::Readiness readiness) {
  input_.note(readiness);
  begin_exchange();
  exchange_->refuse(400, "this port speaks https: plain http is not answered here");
  go(Pace::kInTurn);
}

}  // namespace sse::http
