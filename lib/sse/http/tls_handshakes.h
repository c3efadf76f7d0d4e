#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/http/connection_shares.h"
#include "sse/http/fair_queue.h"
#include "sse/http/newcomer.h"
#include "sse/http/tls_source.h"
#include "sse/net/loop.h"

namespace sse::http {

/// The connections of one loop that shake hands for TLS. Until its ClientHello is whole, a
/// connection has no more than its socket: the record is peeked at. Then it waits for one of the
/// places for handshakes under way: the address that has fewest of them is next, and
/// among its connections, or those of addresses with as few, the first. When all places are taken,
/// a handshake of the address with most gives way, or one that began kPatience ago. The loop's
/// turns do a few steps of handshakes each, in turn one that begins and one that goes on. Each is
/// counted among the connections of its address, and gives way as those do. Loop-affine, but for
/// under_way().
class TlsHandshakes final : private net::TurnTask {
 public:
  enum class Outcome : std::uint8_t {
    kDone,       ///< the newcomer is handed on; its socket speaks TLS
    kPlainHttp,  ///< handed on as it is: it is_misplaced
    kRefused,    ///< not TLS, or no version, cipher, protocol or certificate that counts
    kLate,       ///< not done in time
    kLeft,       ///< the peer has left, or the loop has no room
    kGaveWay,    ///< another connection has its place
  };
  /// Each connection that was added, once. `newcomer`: without a socket unless it is handed on.
  /// May destroy none of these.
  using OnEnd = std::function<void(Outcome outcome, Newcomer newcomer)>;
  /// Where first records are peeked at; kMostInFirstRecord bytes.
  using PeekBuffer = std::function<std::span<char>()>;

  static constexpr int kStepsPerTurn = 8;
  static constexpr std::chrono::seconds kPatience{2};
  /// Of one handshake. A peer takes two to four; a chain of 16 KiB in the smallest segments that
  /// TCP has to take (536 bytes) 32 more. One that sends byte by byte takes work for nothing.
  static constexpr int kMostSteps = 40;

  /// `most`: handshakes under way on this loop.
  TlsHandshakes(net::Loop& loop, const TlsSource& source, ConnectionShares& shares,
                std::size_t most, PeekBuffer peek_buffer, OnEnd on_end);
  ~TlsHandshakes();

  void add(Newcomer newcomer);
  /// Closes those that have not done in this time, as far as the budget goes.
  void sweep(BootTime now, std::chrono::nanoseconds timeout, Budget& budget);
  /// Closes all; OnEnd is told of kLeft.
  void close_all();
  bool empty() const { return all_.empty(); }

  /// Those that have an SSL object. From any thread.
  std::size_t under_way() const { return under_way_.load(std::memory_order_relaxed); }

 private:
  class Handshake;
  using Line = std::list<Handshake*>;

  bool on_turn() override;
  bool has_place() const { return under_way() < most_; }
  Handshake* choose();
  Handshake* next_to_begin();
  bool make_place(const Handshake& newcomer);
  Handshake* find_giving_way(const Handshake& newcomer);
  void remark(const std::string& text, bool is_certificate);
  void end(Handshake& handshake, Outcome outcome);

  net::Loop& loop_;
  const TlsSource& source_;
  ConnectionShares& shares_;
  const std::size_t most_;
  const PeekBuffer peek_buffer_;
  const OnEnd on_end_;
  FairQueue<Handshake> waiting_;  // for a place
  Line ready_;                    // for a step
  Line begun_;                    // those under way, the longest so first
  std::list<Handshake> all_;      // the longest here first; each leaves its lines
  std::atomic<std::size_t> under_way_ = 0;
  bool was_new_ = false;    // the last step was the first of a handshake
  BootTime next_remark_{};  // on certificates that were refused
  std::size_t unsaid_ = 0;  // that were refused since the last remark
};

}  // namespace sse::http
