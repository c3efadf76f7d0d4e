#pragma once

#include <memory>
#include <utility>

#include "sse/base/clock.h"
#include "sse/gate/idempotency_store.h"

namespace sse::gate {

/// A key whose request is being answered; gives it back when no answer is kept. Thread-compatible.
class KeyReservation {
 public:
  KeyReservation(std::shared_ptr<IdempotencyStore> store, IdempotencyStore::Entries::iterator entry,
                 const Clock& clock)
      : store_(std::move(store)), entry_(entry), clock_(clock) {}
  KeyReservation(const KeyReservation&) = delete;
  KeyReservation& operator=(const KeyReservation&) = delete;
  ~KeyReservation() {
    if (!is_kept_) store_->release(entry_);
  }

  /// Once.
  void keep(std::shared_ptr<const KeptAnswer> answer) {
    store_->keep(entry_, std::move(answer), clock_.now().boot);
    is_kept_ = true;
  }

  IdempotencyStore& store() { return *store_; }

 private:
  const std::shared_ptr<IdempotencyStore> store_;
  const IdempotencyStore::Entries::iterator entry_;
  const Clock& clock_;
  bool is_kept_ = false;
};

}  // namespace sse::gate
