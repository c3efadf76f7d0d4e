#pragma once

#include <exception>
#include <string>
#include <thread>
#include <utility>

#include "sse/base/wake_fd.h"

#include "batch.h"
#include "outlet.h"

namespace sse::pub {

/// A batch on its way, on a thread of its own, while the next one is read. Its destructor
/// waits for it. Thread-compatible.
class Flight {
 public:
  Flight(Outlet& outlet, Batch batch, BatchKey key);
  ~Flight();
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  int landed_fd() const { return landed_.get(); }  ///< readable once it is there

  /// Waits for it. Throws what the thread has thrown.
  Outcome& land();

  const Batch& batch() const { return batch_; }
  Batch take_batch() { return std::move(batch_); }  ///< after land()

 private:
  Batch batch_;
  const BatchKey key_;
  const WakeFd landed_;
  Outcome outcome_;             // the thread's until land()
  std::exception_ptr failure_;  // the same
  std::thread thread_;
};

}  // namespace sse::pub
