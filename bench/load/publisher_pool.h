#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/base/wake_fd.h"

#include "histogram.h"
#include "target.h"
#include "ticket_book.h"

namespace sse::bench {

/// How much is published, and how fast.
struct Pace {
  std::size_t connections = 16;
  std::uint64_t events = std::numeric_limits<std::uint64_t>::max();
  double rate = 0;           ///< events a second; 0: as fast as window and answers allow
  std::uint64_t window = 0;  ///< most events on their way to the streams; 0: no limit
  std::size_t batch = 1;     ///< events in a request
};

/// Publishes on kept connections, one request at a time on each (no pipelining), all of them in one
/// thread of its own and without a copy or an allocation that can be avoided: the server is to be
/// measured, not this. allow(), stop() and is_done() may be called from another thread; the getters
/// are for after abandon().
class PublisherPool {
 public:
  PublisherPool(const Target& target, TicketBook& book, const Pace& pace);
  ~PublisherPool();

  /// Connects, and begins.
  Status start();

  /// `completed` events have arrived everywhere: more may be published.
  void allow(std::uint64_t completed);
  /// Publishes nothing more.
  void stop();
  /// The same, without waiting for answers; returns when its thread has ended.
  void abandon();
  /// Everything was answered, or it failed.
  bool is_done() const { return done_; }

  const Status& outcome() const { return outcome_; }
  const Histogram& answer_times() const { return answer_times_; }
  /// With a rate: how late a request was sent at most, because no connection was free or this
  /// thread did not get the processor.
  double latest_ms() const { return static_cast<double>(latest_ns_) / 1e6; }

 private:
  struct Connection {
    UniqueFd fd;
    std::int64_t sent_ns = 0;
    std::size_t events = 0;  // in the request that is not answered
    std::string partial;     // of an answer
  };

  void run();
  void send_what_is_due();
  bool is_exhausted() const;
  bool window_is_open() const;
  std::int64_t due_ns() const;
  bool send_next(Connection& connection);
  void wait();
  void read(Connection& connection);
  void fail(std::string what);

  const Target& target_;
  TicketBook& book_;
  const Pace pace_;
  UniqueFd epoll_;
  const WakeFd wake_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;
  std::uint64_t sent_ = 0;  // events
  std::int64_t begin_ns_ = 0;
  std::string request_;
  std::vector<Ticket> tickets_;

  std::atomic<std::uint64_t> completed_ = 0;
  std::atomic<bool> waits_for_window_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> abandoned_ = false;
  std::atomic<bool> done_ = false;
  Status outcome_;
  Histogram answer_times_;
  std::int64_t latest_ns_ = 0;
  std::thread thread_;
};

}  // namespace sse::bench
