#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "sse/base/export.h"
#include "sse/net/loop.h"
#include "sse/net/socket.h"
#include "sse/net/tls_peer.h"

struct bio_st;
struct ssl_st;

namespace sse::net {

class PlainPieces;

/// The server's end of a TLS connection over another socket. IoResult counts plaintext.
/// Loop-affine.
///
/// What is sealed cannot be sealed again, so it counts as taken. What the socket below did not take
/// of it, at most kMostSealed bytes, is kept and sent before anything else: it is unsent(), and
/// write() is kWouldBlock until it has left.
///
/// A read decrypts at most kMostRecords and what one more of OpenSSL's calls may hold. When that
/// ends it, it is short, reads are kWouldBlock for a moment, and on_ready() comes in one of the
/// next turns. What records cost beside their bytes is spent of the loop's budget.
///
/// The peer's end is kEnd, with or without its close_notify, as nginx has it: HTTP says by itself
/// where a body ends, so a request that was cut is never taken for a whole one.
class SSE_EXPORT TlsSocket final : public Socket, private ReadyHandler {
 public:
  /// Of what waits for the socket below. A peer that makes more of it, by alerts that it does not
  /// read, is gone.
  static constexpr std::size_t kMostSealed = 36U << 10U;
  /// A peer that sends more messages of the protocol itself is gone: a flood of key updates or of
  /// attempts to renegotiate costs more here than there. Each kDataForMessage bytes of data make up
  /// for one.
  static constexpr int kMostMessages = 32;
  static constexpr std::size_t kDataForMessage = 1024;
  /// Of one read. They may be of one byte, and cost 0.7 us at least.
  static constexpr std::size_t kMostRecords = 64;

  /// `known`: the readiness that the socket below has already reported. Null: no memory.
  static std::unique_ptr<TlsSocket> make(std::unique_ptr<Socket> below,
                                         std::shared_ptr<const TlsContext> context,
                                         Readiness known = {});
  /// Sends close_notify if the socket below takes it at once.
  ~TlsSocket() override;

  enum class Handshake : std::uint8_t {
    kDone,
    kWaiting,  ///< on_ready() tells when the next step is worth it
    kFailed,   ///< failure() says why; the peer was told by an alert
    kPeerGone,
  };
  /// Goes on with the handshake as far as the peer has sent its part. After attach(), and before
  /// anything is read or written. At most one signature.
  Handshake shake_hands();
  const std::string& failure() const { return failure_; }

  bool attach(Loop& loop, ReadyHandler& handler) override;
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> pieces) override;
  void shutdown_write() override;
  std::string peer() const override { return below_->peer(); }
  const TlsPeer* tls() const override { return tls_ ? &*tls_ : nullptr; }
  std::size_t unsent() const override { return rest_.size() - rest_sent_; }

 private:
  class Below;  // what OpenSSL reads from and writes to
  friend class Below;

  TlsSocket(std::unique_ptr<Socket> below, std::shared_ptr<const TlsContext> context, ssl_st* ssl,
            bio_st* bio);

  void on_ready(Readiness readiness) override;
  void begin_call();
  void count_data(std::size_t bytes);
  void wake_later();
  IoStatus fill(std::span<char> into, std::size_t& filled);
  std::size_t seal(PlainPieces& plain);
  bool send_sealed();
  bool send_rest();
  void note_failure();
  void end_sending();

  const std::unique_ptr<Socket> below_;
  const std::shared_ptr<const TlsContext> context_;
  ssl_st* const ssl_;
  ReadyHandler* handler_ = nullptr;
  Loop* loop_ = nullptr;
  std::optional<TimerId> wake_;  // tells the handler of what no readiness of the socket below would
  std::optional<TlsPeer> tls_;
  std::string failure_;
  std::string rest_;            // sealed bytes; those before rest_sent_ have left
  std::size_t rest_sent_ = 0;   // of rest_
  std::size_t records_ = 0;     // of this read
  std::size_t data_ = 0;        // that makes up for no message yet
  int messages_ = 0;            // that no data makes up for
  int reads_ = 0;               // of the socket below, in this call of OpenSSL
  bool is_readable_ = true;     // below; as far as is known
  bool is_hung_up_ = false;     // the same: its end is not told again
  bool has_met_block_ = false;  // in this call of OpenSSL
  bool is_cut_ = false;         // the same: it has had its share
  bool has_met_end_ = false;    // of what the peer sends
  bool is_resting_ = false;     // until the wake-up: reads are kWouldBlock
  bool is_broken_ = false;
  bool is_ending_ = false;  // close_notify is on its way, and FIN comes behind it
};

}  // namespace sse::net
