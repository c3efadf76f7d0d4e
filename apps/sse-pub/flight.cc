#include "flight.h"

namespace sse::pub {

Flight::Flight(Outlet& outlet, Batch batch, BatchKey key)
    : batch_(std::move(batch)), key_(std::move(key)) {
  thread_ = std::thread([this, &outlet] {
    try {
      outcome_ = outlet.send(batch_.kind, batch_.body, batch_.items.size(), key_);
    } catch (...) {
      failure_ = std::current_exception();
    }
    landed_.wake();
  });
}

Flight::~Flight() {
  if (thread_.joinable()) thread_.join();
}

Outcome& Flight::land() {
  if (thread_.joinable()) thread_.join();
  if (failure_) std::rethrow_exception(failure_);
  return outcome_;
}

}  // namespace sse::pub
