#pragma once

/// \file
/// What a connection shares with what comes from elsewhere, and later: its answer, or a piece of
/// it.

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "sse/base/gathering.h"
#include "sse/http/connection.h"
#include "sse/http/deferred_answer.h"
#include "sse/http/fields.h"
#include "sse/net/loop.h"

namespace sse::http {

/// Hands tasks to a loop until it is closed: what outlives the loop finds it closed. Thread-safe.
class Postbox : public std::enable_shared_from_this<Postbox> {
 public:
  explicit Postbox(net::Loop& loop) : loop_(&loop) {}

  /// In a Gathering with what else is posted in it: the loop is woken for all of it at once.
  /// REQUIRES: a shared_ptr owns this.
  void post(std::function<void()> task) {
    net::Loop::Tasks tasks;
    tasks.push_back(std::move(task));
    Gathering* const gathering = Gathering::current();
    if (gathering == nullptr) return deliver(tasks);
    const auto make = [this] { return std::make_unique<Letters>(shared_from_this()); };
    auto& letters = static_cast<Letters&>(gathering->parcel(this, make));
    letters.tasks.splice(letters.tasks.end(), tasks);
  }

  /// Returns when no thread uses the loop through this any more.
  void close() {
    loop_.store(nullptr);
    for (int posting = posting_.load(); posting > 0; posting = posting_.load()) {
      posting_.wait(posting);
    }
  }

 private:
  struct Letters final : Parcel {
    explicit Letters(std::shared_ptr<Postbox> the_postbox) : postbox(std::move(the_postbox)) {}
    void deliver() override { postbox->deliver(tasks); }

    const std::shared_ptr<Postbox> postbox;
    net::Loop::Tasks tasks;
  };

  /// Drops them once it is closed. Without a lock: Loop::post() writes to a descriptor.
  void deliver(net::Loop::Tasks& tasks) {
    posting_.fetch_add(1);
    if (net::Loop* loop = loop_.load(); loop != nullptr) loop->post(std::move(tasks));
    if (posting_.fetch_sub(1) == 1) posting_.notify_all();
  }

  std::atomic<net::Loop*> loop_;
  std::atomic<int> posting_ = 0;
};

/// Loop-affine but for postbox and awaited.
struct PendingAnswer {
  PendingAnswer(std::shared_ptr<Postbox> the_postbox, Connection& the_connection, OnHurry hurry)
      : postbox(std::move(the_postbox)), connection(&the_connection), on_hurry(std::move(hurry)) {}

  const std::shared_ptr<Postbox> postbox;
  std::atomic<bool> awaited = true;

  Connection* connection;   ///< null once it has its answer, or is gone
  OnHurry on_hurry;         ///< null once it was called
  bool is_counted = false;  ///< as awaiting
  Fields fields;
  Finish finish;  ///< may be null
};

/// What a connection shares with a source that has no piece yet, or with work that waits.
/// Loop-affine but for postbox.
struct PendingPiece {
  const std::shared_ptr<Postbox> postbox;
  Connection* connection;  ///< null once the body is sent, or the connection is gone
};

/// What all copies of one Resume share: the last of them to go says that what is awaited never
/// comes.
class OwedPiece {
 public:
  explicit OwedPiece(std::shared_ptr<PendingPiece> pending) : pending_(std::move(pending)) {}
  OwedPiece(const OwedPiece&) = delete;
  OwedPiece& operator=(const OwedPiece&) = delete;
  ~OwedPiece() { settle(&Connection::give_up); }

  void come() { settle(&Connection::go_on); }

 private:
  void settle(void (Connection::*then)()) {
    if (settled_.exchange(true)) return;
    pending_->postbox->post([pending = pending_, then] {
      if (pending->connection != nullptr) (pending->connection->*then)();
    });
  }

  const std::shared_ptr<PendingPiece> pending_;
  std::atomic<bool> settled_ = false;
};

}  // namespace sse::http
