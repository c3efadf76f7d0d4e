#include "flight.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace sse::pub {

Flight::Flight(Outlet& outlet, Batch batch, BatchKey key)
    : batch_(std::move(batch)), key_(std::move(key)), landed_(::eventfd(0, EFD_CLOEXEC)) {
  thread_ = std::thread([this, &outlet] {
    try {
      outcome_ = outlet.send(batch_.kind, batch_.body, batch_.items.size(), key_);
    } catch (...) {
      failure_ = std::current_exception();
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(landed_.get(), &one, sizeof one);
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
