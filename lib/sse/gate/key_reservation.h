#pragma once

#include <memory>
#include <new>
#include <utility>

#include "sse/base/clock.h"
#include "sse/base/mutex.h"
#include "sse/gate/idempotency_store.h"

namespace sse::gate {

/// A key whose request is being answered; gives it back when no answer is kept. An outcome that is
/// not known leaves the key taken while anything holds this that may still learn it. Thread-safe.
class KeyReservation {
 public:
  KeyReservation(std::shared_ptr<IdempotencyStore> store, IdempotencyStore::Entries::iterator entry,
                 const Clock& clock)
      : store_(std::move(store)), entry_(entry), clock_(clock) {}
  KeyReservation(const KeyReservation&) = delete;
  KeyReservation& operator=(const KeyReservation&) = delete;
  ~KeyReservation() {
    if (unknown_ != nullptr) settle(std::exchange(unknown_, nullptr));
    if (!is_kept_) store_->release(entry_);
  }

  /// The answer; the first one counts.
  void keep(std::shared_ptr<const KeptAnswer> answer) SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (is_kept_) return;
    store_->keep(entry_, std::move(answer), clock_.now().boot);
    is_kept_ = true;
  }

  /// The answer says that the outcome is not known. It is kept when this goes, unless settle() was
  /// called, before or after.
  void keep_unknown(std::shared_ptr<const KeptAnswer> answer) SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!is_settled_) unknown_ = std::move(answer);
  }

  /// The outcome is known now. Null: nothing is kept as the answer.
  void settle(std::shared_ptr<const KeptAnswer> answer) SSE_EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      is_settled_ = true;
      unknown_ = nullptr;
    }
    if (answer == nullptr) return;
    try {
      keep(std::move(answer));
    } catch (const std::bad_alloc&) {
      // Without memory nothing is known of it; a repeat is a new request.
    }
  }

  IdempotencyStore& store() { return *store_; }

 private:
  const std::shared_ptr<IdempotencyStore> store_;
  const IdempotencyStore::Entries::iterator entry_;
  const Clock& clock_;
  Mutex mutex_;
  bool is_kept_ SSE_GUARDED_BY(mutex_) = false;
  bool is_settled_ SSE_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const KeptAnswer> unknown_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::gate
