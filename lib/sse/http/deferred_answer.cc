#include "sse/http/deferred_answer.h"

#include <utility>

#include "sse/http/connection.h"
#include "sse/http/dispatcher.h"
#include "sse/http/pending_answer.h"

namespace sse::http {

namespace {

// The work was done, also when no peer is left to read the answer.
void finish_without_peer(PendingAnswer& pending, const DeferredAnswer::Fill& fill) {
  Response response;
  response.fields = std::move(pending.fields);
  fill_late(response, fill);
  pending.finish(response);
}

}  // namespace

/// Shared by all copies of one answer; the last of them to go says that there is none.
struct DeferredAnswer::Promise {
  explicit Promise(std::shared_ptr<PendingAnswer> the_pending) : pending(std::move(the_pending)) {}
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  ~Promise() { settle(nullptr); }

  // Posted on the loop's own thread, too: the connection may be in the middle of a call.
  bool settle(Fill fill) const {
    if (settled.exchange(true)) return false;
    pending->postbox->post([pending = pending, fill = std::move(fill)] {
      if (pending->connection != nullptr) return pending->connection->answer_late(fill);
      if (fill != nullptr && pending->finish != nullptr) finish_without_peer(*pending, fill);
    });
    return true;
  }

  const std::shared_ptr<PendingAnswer> pending;
  mutable std::atomic<bool> settled = false;
};

DeferredAnswer::DeferredAnswer(std::shared_ptr<PendingAnswer> pending)
    : promise_(std::make_shared<const Promise>(std::move(pending))) {
}

bool DeferredAnswer::send(Fill fill) const {
  return promise_->settle(std::move(fill));
}

bool DeferredAnswer::is_awaited() const {
  return promise_->pending->awaited.load(std::memory_order_relaxed);
}

}  // namespace sse::http
