#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "sse/base/budget.h"
#include "sse/base/clock.h"
#include "sse/http/connection_shares.h"
#include "sse/http/newcomer.h"
#include "sse/http/tls_source.h"
#include "sse/net/loop.h"

namespace sse::http {

/// The connections of one loop that shake hands for TLS. Until the first record of the ClientHello
/// is whole a connection has no more than its socket: the record is peeked at. Then it waits for
/// one of the places for handshakes under way: the address that has fewest of them is next, and
/// among its connections, or those of addresses with as few, the first. When all places are taken,
/// a handshake of the address with most gives way, or one whose peer has not answered for
/// kPatience. The steps of handshakes are done in the loop's turns, few in each. Each is counted
/// among the connections of its address, and gives way as those do. Loop-affine, but for
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
  std::size_t under_way_of(const Handshake& handshake) const;
  Handshake& next_waiting() const;
  bool make_place(const Handshake& newcomer);
  Handshake* find_giving_way(const Handshake& newcomer);
  void do_step();
  void end(Handshake& handshake, Outcome outcome);

  net::Loop& loop_;
  const TlsSource& source_;
  ConnectionShares& shares_;
  const std::size_t most_;
  const PeekBuffer peek_buffer_;
  const OnEnd on_end_;
  Line waiting_;              // for a place
  Line ready_;                // for a step
  std::list<Handshake> all_;  // the longest here first; each leaves its line
  std::atomic<std::size_t> under_way_ = 0;
  std::map<ConnectionShares::Group, std::size_t> by_address_;  // those under way
};

}  // namespace sse::http
