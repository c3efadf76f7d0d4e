#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "histogram.h"
#include "request.h"
#include "target.h"
#include "ticket_book.h"

namespace sse::bench {

/// Publishes one event at a time, at a rate, on a thread and a connection of its own, and notes how
/// long each took, counted from when it was due: one that waited for the one before it was late,
/// too. The getters are for after stop().
class Prober {
 public:
  Prober(const Target& target, TicketBook& book, double rate);
  ~Prober() { stop(); }

  void stop();

  std::uint64_t published() const { return times_.count(); }
  const Histogram& times() const { return times_; }
  bool has_failed() const { return failed_; }

 private:
  void run();

  const Target& target_;
  TicketBook& book_;
  const double rate_;
  Requests requests_;
  Histogram times_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

}  // namespace sse::bench
