#pragma once

#include <memory>

#include "sse/base/clock.h"
#include "sse/http/call.h"
#include "sse/http/connection.h"
#include "sse/http/pending_answer.h"
#include "sse/http/request_parser.h"

namespace sse::http {

/// A request being read or answered, and the call that its handler gets.
struct Connection::Exchange final : Call {
  Exchange(Connection& its_connection, const RequestLimits& limits, BootTime now)
      : connection(&its_connection), parser(limits), began(now) {}

  net::Loop& loop() override { return connection->loop(); }
  DeferredAnswer defer(OnHurry on_hurry) override { return connection->defer(std::move(on_hurry)); }
  std::unique_ptr<net::Socket> start_stream() override { return connection->start_stream(); }

  /// Lets go of all that it has, but for what its texts have allocated.
  void end() {
    clear();
    connection = nullptr;
    route = nullptr;
    pending = nullptr;
    finish = nullptr;
  }
  /// After end(): it is a new one.
  void begin(Connection& its_connection, const RequestLimits& limits, BootTime now) {
    connection = &its_connection;
    parser = RequestParser(limits);
    began = now;
    status = 0;
    sent_continue = is_stream = false;
  }

  Connection* connection;
  RequestParser parser;
  const Route* route = nullptr;
  std::shared_ptr<PendingAnswer> pending;  ///< null unless the handler deferred
  Finish finish;                           ///< may be null
  BootTime began;
  int status = 0;
  bool sent_continue = false;
  bool is_stream = false;  ///< the response is a stream's head, or was
};

}  // namespace sse::http
