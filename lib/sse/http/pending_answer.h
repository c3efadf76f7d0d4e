#pragma once

/// \file
/// What a connection and the promise of its answer share.

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include <httplib.h>

#include "sse/base/mutex.h"
#include "sse/http/deferred_answer.h"
#include "sse/net/loop.h"

namespace sse::http {

/// Hands tasks to a loop until it is closed: what outlives the loop finds it closed. Thread-safe.
class Postbox {
 public:
  explicit Postbox(net::Loop& loop) : loop_(&loop) {}

  /// Afterwards the task is dropped.
  void post(std::function<void()> task) {
    MutexLock lock(mutex_);
    if (loop_ != nullptr) loop_->post(std::move(task));
  }
  void close() {
    MutexLock lock(mutex_);
    loop_ = nullptr;
  }

 private:
  Mutex mutex_;
  net::Loop* loop_ SSE_GUARDED_BY(mutex_);
};

/// Loop-affine but for postbox and awaited.
struct PendingAnswer {
  PendingAnswer(std::shared_ptr<Postbox> the_postbox, Connection& the_connection, OnHurry hurry)
      : postbox(std::move(the_postbox)), connection(&the_connection), on_hurry(std::move(hurry)) {}

  const std::shared_ptr<Postbox> postbox;
  std::atomic<bool> awaited = true;

  Connection* connection;  ///< null once it has its answer, or is gone
  OnHurry on_hurry;        ///< null once it was told
  httplib::Headers headers;
  Finish finish;  ///< may be null
};

}  // namespace sse::http
