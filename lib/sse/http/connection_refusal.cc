// Newcomers that are answered before their first request.

#include "sse/http/connection.h"
#include "sse/http/connection_set.h"
#include "sse/http/exchange.h"

namespace sse::http {

void Connection::refuse_full() {
  begin_exchange();
  exchange_->refuse_for_places();
  go(Pace::kInTurn);
}

void Connection::refuse_plain() {
  begin_exchange();
  exchange_->refuse(400, "this port speaks https: plain http is not answered here");
  go(Pace::kInTurn);
}

}  // namespace sse::http
