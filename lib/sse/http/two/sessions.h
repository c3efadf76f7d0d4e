#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sse/http/two/request_stream.h"
#include "sse/net/loop.h"

namespace sse::http {

/// Why a stream of HTTP/2 was reset, by either side.
enum class ResetReason : std::uint8_t {
  kPeer,       ///< the peer cancelled it
  kSlow,       ///< it held the connection's window, and the peer did not read it
  kCut,        ///< its answer ended early: a slow subscriber, one that gave way, a failed body
  kMalformed,  ///< the request broke a rule of HTTP/2
  kRefused,    ///< it was not begun, since there is no room, and may be sent again
};
inline constexpr std::size_t kResetReasons = 5;

/// Counts of one loop, written by it and read by anyone.
struct SessionCounts {
  std::atomic<std::uint64_t> opened = 0;    ///< HTTP/2 connections so far
  std::atomic<std::uint64_t> open = 0;      ///< now
  std::atomic<std::uint64_t> requests = 0;  ///< streams of HTTP/2 so far
  std::atomic<std::uint64_t> streams = 0;   ///< now
  std::atomic<std::uint64_t> flooded = 0;   ///< connections closed with ENHANCE_YOUR_CALM
  std::array<std::atomic<std::uint64_t>, kResetReasons> resets{};

  void count_reset(ResetReason reason) {
    resets[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }
};

/// The HTTP/2 sessions of one loop that have something to do at the end of a turn: to write what
/// their streams have put into their output, in one write, or to go on with what a turn had no
/// budget for. Loop-affine.
class Sessions final : private net::TurnTask {
 public:
  Sessions(net::Loop& loop, SessionCounts& counts);
  ~Sessions();

  net::Loop& loop() { return loop_; }
  SessionCounts& counts() { return counts_; }

  /// Has the session run before the turn ends, or in the next one. Once for all calls until then.
  void run_later(Session& session);

  /// Streams whose session has gone are told so in the next turn: never inside the call that ends
  /// it, which may come from one of them.
  RequestStream::List& orphans();

  /// A session's output while it has any; sessions write one after the other, so one text serves
  /// most of them.
  void lend_buffer(std::string& to);
  void take_back_buffer(std::string& from);

 private:
  bool on_turn() override;
  void run_due();

  net::Loop& loop_;
  SessionCounts& counts_;
  std::vector<std::shared_ptr<Session>> due_;
  RequestStream::List orphans_;
  std::string spare_;
};

}  // namespace sse::http
