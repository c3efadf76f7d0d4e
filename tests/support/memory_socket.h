#pragma once

/// \file
/// A connection without a kernel: the hub's end is a net::Socket, the test's end says what the
/// network does. Also what simulations of many streams run on.

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sse/net/loop.h"
#include "sse/net/socket.h"

namespace sse::test {

inline constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

/// The test's end. It outlives the socket. Loop-affine: use it on the thread that turns the loop.
class Peer {
 public:
  /// What arrived so far.
  const std::string& received() const { return received_; }
  /// Bytes that the hub has not read yet.
  std::size_t unread() const { return to_hub_.size(); }
  /// What arrived since the last take().
  std::string take() { return std::exchange(received_, {}); }
  bool saw_end() const { return saw_end_; }                 ///< the hub sent FIN, or closed
  bool is_closed() const { return closed_; }                ///< the hub's end is destroyed
  bool is_attached() const { return handler_ != nullptr; }  ///< the hub hears of what it does
  std::size_t writes() const { return writes_; }  ///< write() calls, also those that moved nothing

  /// Bytes for the hub to read; tells it.
  void send(std::string_view bytes) {
    to_hub_ += bytes;
    tell({.readable = true});
  }
  /// FIN from the peer.
  void finish() {
    finished_ = true;
    tell({.readable = true, .hung_up = true});
  }
  /// RST: everything fails from now on.
  void reset() {
    broken_ = true;
    tell({.readable = true, .writable = true, .hung_up = true, .broken = true});
  }

  /// How many more bytes the hub can write before it would block; more room tells it.
  void set_room(std::size_t bytes) {
    room_ = bytes;
    if (room_ > 0 && std::exchange(blocked_, false)) tell({.writable = true});
  }
  /// The same, but the hub is not told: it finds out when it tries.
  void set_room_quietly(std::size_t bytes) { room_ = bytes; }
  /// Tells the hub of its room, as epoll does of a socket that is new to it.
  void tell_of_room() { tell({.writable = true}); }
  /// What follows where stop_after_blocks() stops: no room, or room of which the hub is not told.
  enum class Then { kNoRoom, kQuietRoom };
  /// The hub can write to the end of so many blocks of a stream; 0: on and on.
  void stop_after_blocks(std::size_t blocks, Then then = Then::kNoRoom) {
    blocks_left_ = blocks;
    then_ = then;
    has_stopped_ = false;
  }
  /// It has stopped there, and has no room.
  bool has_no_room() const { return has_stopped_ && then_ == Then::kNoRoom; }
  /// The most that one write() moves: short writes.
  void set_write_limit(std::size_t bytes) { write_limit_ = bytes; }
  /// The most that one read() moves.
  void set_read_limit(std::size_t bytes) { read_limit_ = bytes; }
  /// What happens at the same time as each write().
  void on_write(std::function<void()> action) { on_write_ = std::move(action); }
  /// False forgets what arrives, counting it: for simulations of many.
  /// As net::Socket::peer() has it. Before it connects.
  void set_address(std::string address) { address_ = std::move(address); }
  void keep_received(bool keep) { keep_ = keep; }
  std::size_t received_bytes() const { return received_bytes_; }

 private:
  friend class MemorySocket;

  void tell(net::Readiness readiness) {
    if (handler_ != nullptr) handler_->on_ready(readiness);
  }

  // Of `most` bytes, those up to where it stops.
  std::size_t bytes_to_stop(std::span<const iovec> pieces, std::size_t most) {
    std::size_t bytes = 0;
    for (const auto& piece : pieces) {
      const std::string_view text(static_cast<const char*>(piece.iov_base),
                                  std::min(piece.iov_len, most - bytes));
      for (const char c : text) {
        ++bytes;
        const bool ends = c == '\n' && last_ == '\n';
        last_ = c;
        if (!ends || --blocks_left_ > 0) continue;
        has_stopped_ = true;
        return bytes;
      }
    }
    return bytes;
  }

  net::ReadyHandler* handler_ = nullptr;
  std::string address_ = "unix";  // of this machine
  std::string received_;
  std::string to_hub_;
  std::size_t received_bytes_ = 0;
  std::size_t writes_ = 0;
  std::size_t room_ = kUnlimited;
  std::size_t write_limit_ = kUnlimited;
  std::size_t read_limit_ = kUnlimited;
  std::function<void()> on_write_;
  bool keep_ = true;
  bool blocked_ = false;
  bool will_tell_ = false;  // in the loop's next turn
  bool finished_ = false;
  bool broken_ = false;
  bool saw_end_ = false;
  bool closed_ = false;
  // Of stop_after_blocks().
  std::size_t blocks_left_ = 0;
  Then then_ = Then::kNoRoom;
  char last_ = 0;  // of what was written
  bool has_stopped_ = false;
};

/// The hub's end.
class MemorySocket final : public net::Socket {
 public:
  explicit MemorySocket(Peer& peer) : peer_(peer) {}
  ~MemorySocket() override {
    peer_.handler_ = nullptr;
    peer_.saw_end_ = peer_.closed_ = true;
    if (loop_ != nullptr) loop_->count_attached(-1);
  }

  bool attach(net::Loop& loop, net::ReadyHandler& handler) override {
    if (loop_ == nullptr) loop.count_attached(+1);
    loop_ = &loop;
    peer_.handler_ = &handler;
    return true;
  }

  net::IoResult read(std::span<char> into) override {
    const auto result = peek(into);
    if (result.status == net::IoStatus::kOk) peer_.to_hub_.erase(0, result.bytes);
    return result;
  }

  net::IoResult peek(std::span<char> into) override {
    if (peer_.broken_) return {net::IoStatus::kPeerGone, 0};
    if (peer_.to_hub_.empty()) {
      return {peer_.finished_ ? net::IoStatus::kEnd : net::IoStatus::kWouldBlock, 0};
    }
    const auto bytes = std::min({into.size(), peer_.to_hub_.size(), peer_.read_limit_});
    peer_.to_hub_.copy(into.data(), bytes);
    return {net::IoStatus::kOk, bytes};
  }

  net::IoResult write(std::span<const iovec> pieces) override {
    ++peer_.writes_;
    if (peer_.on_write_) peer_.on_write_();
    if (peer_.broken_) return {net::IoStatus::kPeerGone, 0};
    std::size_t left = std::min(peer_.room_, peer_.write_limit_);
    bool stops = false;
    if (peer_.blocks_left_ > 0) {
      left = peer_.bytes_to_stop(pieces, left);
      stops = peer_.has_stopped_;
    }
    std::size_t moved = 0;
    std::size_t wanted = 0;
    for (const auto& piece : pieces) {
      wanted += piece.iov_len;
      const auto bytes = std::min(left, piece.iov_len);
      if (peer_.keep_) peer_.received_.append(static_cast<const char*>(piece.iov_base), bytes);
      left -= bytes;
      moved += bytes;
    }
    peer_.received_bytes_ += moved;
    if (peer_.room_ != kUnlimited) peer_.room_ -= moved;
    if (stops) peer_.room_ = peer_.then_ == Peer::Then::kNoRoom ? 0 : kUnlimited;
    const bool is_short = moved == 0 || moved < wanted;
    if (is_short && peer_.room_ > 0 && !stops) {
      tell_soon();  // cut by the write limit only
    } else if (is_short) {
      peer_.blocked_ = true;
    }
    return {moved > 0 ? net::IoStatus::kOk : net::IoStatus::kWouldBlock, moved};
  }

  void shutdown_write() override { peer_.saw_end_ = true; }
  std::string peer() const override { return peer_.address_; }
  std::optional<net::HandedSocket> hand_over() const override { return net::HandedSocket(); }

 private:
  // The network takes the rest in the loop's next turn. Once, however many writes were cut: each
  // tells of one more otherwise, and what a loop is posted grows without end.
  void tell_soon() {
    if (std::exchange(peer_.will_tell_, true)) return;
    loop_->post([peer = &peer_] {
      peer->will_tell_ = false;
      peer->tell({.writable = true});
    });
  }

  Peer& peer_;
  net::Loop* loop_ = nullptr;
};

}  // namespace sse::test
