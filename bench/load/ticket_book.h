#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sse/base/mutex.h"

namespace sse::bench {

/// Steady time in nanoseconds. It starts at 10^15 with the program, so that it has 16 digits and a
/// JSON number holds it exactly.
std::int64_t steady_ns();

/// An event of ours: which one it is, counted from 0, and when it was sent.
struct Ticket {
  std::size_t number = 0;
  std::int64_t sent_ns = 0;
};

/// Of every event that was published, when it was sent; no two were sent at the same time. That
/// time travels inside the event, so that its receiver knows which one it is and how long it
/// took. Thread-safe.
class TicketBook {
 public:
  /// The most events that one run can publish.
  explicit TicketBook(std::size_t capacity) : times_(capacity) {}

  /// For an event that is sent now; nullopt: there were as many as there may be.
  std::optional<Ticket> issue();

  std::size_t issued() const { return count_.load(std::memory_order_acquire); }
  /// The number of the event that was sent at that time; nullopt: there is none.
  std::optional<std::size_t> find(std::int64_t sent_ns) const;

 private:
  Mutex mutex_;
  // Written under the mutex, up to count_. What is before count_ never changes: read without it.
  std::vector<std::int64_t> times_;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace sse::bench
