#pragma once

#include <memory>

#include <httplib.h>

#include "sse/base/clock.h"
#include "sse/http/connection.h"
#include "sse/http/pending_answer.h"
#include "sse/http/request_parser.h"

namespace sse::http {

/// The request being read or answered.
struct Connection::Exchange {
  explicit Exchange(const RequestLimits& limits) : parser(limits) {}

  RequestParser parser;
  httplib::Request request;
  const Route* route = nullptr;
  std::shared_ptr<PendingAnswer> pending;  ///< null unless the handler deferred
  BootTime began;
  int status = 0;
  bool sent_continue = false;
};

}  // namespace sse::http
