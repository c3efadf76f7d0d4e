#pragma once

/// \file
/// Answers that come later: a handler that cannot answer at once (it waits for an event, asks
/// another loop, works on another thread) keeps one of these and answers with it, once. See call.h.

#include <cstdint>
#include <functional>
#include <memory>

#include "sse/base/export.h"

namespace sse::http {

class Connection;
struct PendingAnswer;
struct Response;

/// Why an answer that is awaited should come now, or not at all.
enum class Hurry : std::uint8_t {
  kPeerLeft,  ///< it ended its side. Most such peers are gone; one that did no more than that reads
  kDraining,  ///< the server stops, and cuts what is not answered in time
  kCrowded,   ///< connections are scarce, and this peer's address holds most of them
};

/// Told at most once, on the connection's loop and never inside the handler's call; must not throw.
/// It may call send(), or let go of the answer.
using OnHurry = std::function<void(Hurry)>;

/// What is done with the response to one request before it is sent (ServerHooks::on_request). Runs
/// once, on the connection's loop; must not throw. Destroyed without being run when no response
/// came: the handler gave none, the socket became a stream's, or the server is gone.
using Finish = std::function<void(Response&)>;

/// The answer to one request. Thread-safe, and a value: all copies are the same answer. It may be
/// sent, and destroyed, on any thread and at any time, also when the connection, the server and its
/// loops are gone. When the last copy goes without an answer the peer gets 500 (or, when it has
/// left, the end of its connection).
class SSE_EXPORT DeferredAnswer {
 public:
  /// Fills the response, as a handler does. Runs on the connection's loop, in a later turn: it must
  /// not block. The header fields that were set before the handler deferred are there.
  using Fill = std::function<void(Response&)>;

  /// Answers. The first call counts: false when there was one before. `fill` does not run when the
  /// connection is gone, unless a hook of the server wants to see every response.
  bool send(Fill fill) const;

  /// False once the connection is gone, or has its answer: work for it may stop.
  bool is_awaited() const;

 private:
  friend class Connection;
  struct Promise;

  explicit DeferredAnswer(std::shared_ptr<PendingAnswer> pending);

  std::shared_ptr<const Promise> promise_;
};

}  // namespace sse::http
