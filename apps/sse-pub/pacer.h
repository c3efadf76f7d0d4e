#pragma once

#include <optional>

#include "sse/base/clock.h"
#include "sse/client/waiter.h"

namespace sse::pub {

/// `--rate`: so many items a second, on average from the first one on; time in which nothing was
/// sent is not made up for. Thread-compatible.
class Pacer {
 public:
  /// No rate: as fast as it goes. `waiter` ends a wait when the program is to end.
  Pacer(std::optional<double> rate, const Clock& clock, client::Waiter& waiter)
      : rate_(rate), clock_(clock), waiter_(waiter) {}

  /// Waits until `count` more items may go.
  void admit(std::size_t count);

  /// How many items to send at once, so that the rate is also kept within a tenth of a second.
  std::size_t most_at_once(std::size_t wanted) const;

 private:
  const std::optional<double> rate_;
  const Clock& clock_;
  client::Waiter& waiter_;
  BootTime next_{};
};

}  // namespace sse::pub
