#include "sse/net/tls_socket.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "sse/base/tls_bio.h"
#include "sse/base/tls_text.h"
#include "sse/net/plain_pieces.h"
#include "sse/net/tls_names.h"

namespace sse::net {
namespace {

constexpr std::size_t kRecord = PlainPieces::kRecord;
static_assert(kRecord == SSL3_RT_MAX_PLAIN_LENGTH);

// What is sealed before the socket below is asked: as large a write as two records make, and at
// most as much is kept when it takes nothing.
constexpr std::size_t kMostAtOnce = 2 * kRecord;
static_assert(kMostAtOnce + 2 * 256 <= TlsSocket::kMostSealed);

// One of each for all sockets of a thread: what they hold belongs to the call that is running.
struct Scratch {
  std::string sealed;
  std::array<char, kRecord> plain;
};

Scratch& scratch() {
  thread_local Scratch buffers;
  return buffers;
}

// What one call of OpenSSL may read of the socket below, each time as much as a record may have. A
// record that lies across two reads needs no third.
constexpr int kMostReads = 2;

// To decrypt a record, whatever is in it, and to derive the keys that a message asks for.
constexpr std::uint64_t kStepsPerRecord = 70;
constexpr std::uint64_t kStepsPerMessage = 1'000;

constexpr std::string_view kNoProtocol = "http/1.1";

std::string protocol_of(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  if (size == 0) return std::string(kNoProtocol);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace

/// The BIO between OpenSSL and a TlsSocket. It reads from the socket below, and takes all that is
/// written: what one call writes leaves together.
class TlsSocket::Below {
 public:
  static BIO* make() {
    static BIO_METHOD* const method = make_bio_method("sse::net::Socket", {read, write, control});
    return method != nullptr ? BIO_new(method) : nullptr;
  }

  /// Counts records, and messages that are not data: those of the peer, and the alerts that answer
  /// messages which OpenSSL does not show. With one too many the call that is running reads no
  /// more: after such a message it goes on by itself, for as long as there are others.
  static void count(int is_written, int /*version*/, int type, const void* /*bytes*/,
                    std::size_t /*size*/, SSL* ssl, void* owner) {
    TlsSocket& socket = *static_cast<TlsSocket*>(owner);
    if (is_written == 0 && type == SSL3_RT_HEADER) ++socket.records_;
    const bool is_message = type == SSL3_RT_ALERT || (is_written == 0 && type == SSL3_RT_HANDSHAKE);
    if (!is_message) return;
    socket.loop_->budget().spend(kStepsPerMessage);
    if (++socket.messages_ <= kMostMessages) return;
    SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
  }

 private:
  static int read(BIO* bio, char* into, int size) {
    TlsSocket& socket = *static_cast<TlsSocket*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t most = static_cast<std::size_t>(size);
    if (socket.is_readable_ && ++socket.reads_ > kMostReads) {
      socket.is_cut_ = true;
      BIO_set_retry_read(bio);
      return -1;
    }
    IoResult result{IoStatus::kWouldBlock, 0};
    if (socket.is_readable_) result = socket.below_->read({into, most});
    switch (result.status) {
      case IoStatus::kUnsent:  // of writes alone
      case IoStatus::kOk:
        // A short read has met the end of what was there. The peer's end is not told again.
        socket.is_readable_ = result.bytes == most || socket.is_hung_up_;
        return static_cast<int>(result.bytes);
      case IoStatus::kWouldBlock:
        socket.is_readable_ = false;
        socket.has_met_block_ = true;
        BIO_set_retry_read(bio);
        return -1;
      case IoStatus::kEnd:
        socket.has_met_end_ = true;
        return 0;
      case IoStatus::kPeerGone:
        socket.is_broken_ = true;
        return 0;
    }
    return 0;
  }

  static int write(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    scratch().sealed.append(bytes, static_cast<std::size_t>(size));
    return size;
  }

  static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command != BIO_CTRL_EOF) return 0;
    const TlsSocket& socket = *static_cast<TlsSocket*>(BIO_get_data(bio));
    return socket.has_met_end_ || socket.is_broken_ ? 1 : 0;
  }
};

std::unique_ptr<TlsSocket> TlsSocket::make(std::unique_ptr<Socket> below,
                                           std::shared_ptr<const TlsContext> context,
                                           Readiness known) {
  ERR_clear_error();
  SSL* const ssl = SSL_new(context->native());
  BIO* const bio = ssl != nullptr ? Below::make() : nullptr;
  if (bio == nullptr) {
    SSL_free(ssl);
    return nullptr;
  }
  std::unique_ptr<TlsSocket> socket(new TlsSocket(std::move(below), std::move(context), ssl, bio));
  socket->is_hung_up_ = known.hung_up;
  return socket;
}

TlsSocket::TlsSocket(std::unique_ptr<Socket> below, std::shared_ptr<const TlsContext> context,
                     ssl_st* ssl, bio_st* bio)
    : below_(std::move(below)), context_(std::move(context)), ssl_(ssl) {
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_accept_state(ssl);
}

TlsSocket::~TlsSocket() {
  if (tls_ && !is_broken_ && !is_ending_ && unsent() == 0) end_sending();
  if (wake_) loop_->cancel(*wake_);
  SSL_free(ssl_);
}

bool TlsSocket::attach(Loop& loop, ReadyHandler& handler) {
  handler_ = &handler;
  loop_ = &loop;
  return below_->attach(loop, *this);
}

// The handler may destroy this socket: nothing comes after the call.
void TlsSocket::on_ready(Readiness readiness) {
  is_readable_ = is_readable_ || readiness.readable;
  is_hung_up_ = is_hung_up_ || readiness.hung_up;
  if (readiness.writable && !send_rest() && !is_broken_) readiness.writable = false;
  if (is_broken_) readiness = {true, true, true, true};
  if (readiness.readable || readiness.writable || readiness.hung_up) handler_->on_ready(readiness);
}

void TlsSocket::wake_later() {
  if (wake_) return;
  wake_ = loop_->run_after(std::chrono::nanoseconds(0), [this] {
    wake_.reset();
    is_resting_ = false;
    const bool has_ended = (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
    on_ready({.readable = true, .hung_up = has_ended || has_met_end_});
  });
}

void TlsSocket::begin_call() {
  ERR_clear_error();
  has_met_block_ = false;
  is_cut_ = false;
  reads_ = 0;
}

TlsSocket::Handshake TlsSocket::shake_hands() {
  scratch().sealed.clear();
  int error = SSL_ERROR_WANT_READ;
  // Only what has met the end of what the peer has sent waits, or has had its share.
  for (int i = 0; i < kMostMessages && error == SSL_ERROR_WANT_READ; ++i) {
    begin_call();
    error = SSL_get_error(ssl_, SSL_do_handshake(ssl_));
    if (has_met_block_ || is_cut_) break;
  }
  const bool is_waiting = error == SSL_ERROR_WANT_READ && (has_met_block_ || is_cut_);
  const bool has_failed = error != SSL_ERROR_NONE && !is_waiting;
  const bool has_left = is_broken_ || has_met_end_;
  if (has_failed) failure_ = take_tls_error();
  send_sealed();
  if (has_failed) {
    is_broken_ = true;
    return has_left ? Handshake::kPeerGone : Handshake::kFailed;
  }
  if (is_broken_) return Handshake::kPeerGone;
  if (is_waiting && is_cut_) wake_later();
  if (is_waiting) return Handshake::kWaiting;
  SSL_set_msg_callback(ssl_, Below::count);
  SSL_set_msg_callback_arg(ssl_, this);
  tls_.emplace();
  tls_->version = SSL_version(ssl_) == TLS1_3_VERSION ? TlsVersion::k13 : TlsVersion::k12;
  tls_->protocol = protocol_of(ssl_);
  if (context_->asks_for_certificates()) tls_->names = names_of_peer(ssl_);
  return Handshake::kDone;
}

// Reads on until the buffer is full or nothing is left, in OpenSSL's own buffer neither: a short
// read says that there was no more, and of that buffer no readiness would tell. When it has had its
// share, or an end came with data, the handler is woken instead.
IoResult TlsSocket::read(std::span<char> into) {
  if (is_broken_) return {IoStatus::kPeerGone, 0};
  if (is_resting_) return {IoStatus::kWouldBlock, 0};
  scratch().sealed.clear();
  records_ = 0;
  std::size_t filled = 0;
  auto status = IoStatus::kOk;
  is_cut_ = false;
  while (status == IoStatus::kOk && filled < into.size() && records_ < kMostRecords && !is_cut_) {
    status = fill(into, filled);
  }
  loop_->budget().spend(records_ * kStepsPerRecord);
  send_sealed();
  if (is_broken_) status = IoStatus::kPeerGone;
  is_resting_ = status == IoStatus::kOk && filled < into.size();
  const bool has_ended = status == IoStatus::kEnd || status == IoStatus::kPeerGone;
  if (is_resting_ || (has_ended && filled > 0)) wake_later();
  if (filled > 0) return {IoStatus::kOk, filled};
  return {is_resting_ ? IoStatus::kWouldBlock : status, 0};
}

IoStatus TlsSocket::fill(std::span<char> into, std::size_t& filled) {
  begin_call();
  std::size_t got = 0;
  const int done = SSL_read_ex(ssl_, into.data() + filled, into.size() - filled, &got);
  const int error = SSL_get_error(ssl_, done);
  if (is_broken_) return IoStatus::kPeerGone;
  if (messages_ > kMostMessages) {
    is_broken_ = true;
    failure_ = "it sends too much that is not data";
    return IoStatus::kPeerGone;
  }
  if (done == 1) {
    filled += got;
    count_data(got);
    return IoStatus::kOk;
  }
  if (error == SSL_ERROR_ZERO_RETURN || has_met_end_) return IoStatus::kEnd;
  if (error == SSL_ERROR_WANT_READ && has_met_block_) return IoStatus::kWouldBlock;
  // A record without data was read, or the call has had its share.
  if (error == SSL_ERROR_WANT_READ) return IoStatus::kOk;
  note_failure();
  return IoStatus::kPeerGone;
}

void TlsSocket::count_data(std::size_t bytes) {
  data_ += bytes;
  messages_ -= static_cast<int>(std::min(data_ / kDataForMessage, std::size_t(messages_)));
  data_ %= kDataForMessage;
}

IoResult TlsSocket::write(std::span<const iovec> pieces) {
  if (!is_broken_) send_rest();
  if (is_broken_) return {IoStatus::kPeerGone, 0};
  if (unsent() > 0) return {IoStatus::kWouldBlock, 0};
  PlainPieces plain(pieces);
  std::size_t taken = 0;
  while (!plain.is_empty() && unsent() == 0 && !is_broken_) {
    scratch().sealed.clear();
    taken += seal(plain);
    send_sealed();
  }
  if (is_broken_) return {IoStatus::kPeerGone, taken};
  return {plain.is_empty() && unsent() > 0 ? IoStatus::kUnsent : IoStatus::kOk, taken};
}

// The plaintext that was sealed, into the scratch buffer.
std::size_t TlsSocket::seal(PlainPieces& plain) {
  std::size_t sum = 0;
  while (!plain.is_empty() && sum + kRecord <= kMostAtOnce) {
    const auto record = plain.next(scratch().plain);
    ERR_clear_error();
    std::size_t written = 0;
    if (SSL_write_ex(ssl_, record.data(), record.size(), &written) != 1) {
      note_failure();
      break;
    }
    sum += written;
  }
  return sum;
}

// Sends what the last call of OpenSSL has written, behind what waits already. False: some of it is
// kept, or the peer is gone.
bool TlsSocket::send_sealed() {
  const std::string& made = scratch().sealed;
  if (made.empty()) return unsent() == 0;
  std::size_t sent = 0;
  if (unsent() == 0) {
    const iovec piece{const_cast<char*>(made.data()), made.size()};  // read, never written to
    const auto result = below_->write({&piece, 1});
    if (result.status == IoStatus::kPeerGone) is_broken_ = true;
    sent = result.bytes;
  }
  if (sent == made.size() || is_broken_) return !is_broken_;
  if (unsent() + made.size() - sent > kMostSealed) {
    is_broken_ = true;
    return false;
  }
  rest_.erase(0, rest_sent_);
  rest_sent_ = 0;
  rest_.reserve(rest_.size() + made.size() - sent);  // no more: there may be many like it
  rest_.append(made, sent);
  return false;
}

// False: not all of it has left.
bool TlsSocket::send_rest() {
  if (unsent() == 0) return !is_broken_;
  const iovec piece{rest_.data() + rest_sent_, unsent()};
  const auto result = below_->write({&piece, 1});
  if (result.status == IoStatus::kPeerGone) {
    is_broken_ = true;
    return false;
  }
  rest_sent_ += result.bytes;
  if (unsent() > 0) return false;
  std::string().swap(rest_);  // gives the memory back
  rest_sent_ = 0;
  if (is_ending_) below_->shutdown_write();
  return true;
}

void TlsSocket::note_failure() {
  failure_ = take_tls_error();
  is_broken_ = true;
}

void TlsSocket::shutdown_write() {
  if (is_ending_) return;
  if (tls_ && !is_broken_) end_sending();
  is_ending_ = true;
  if (unsent() == 0 || is_broken_) below_->shutdown_write();
}

void TlsSocket::end_sending() {
  scratch().sealed.clear();
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  send_sealed();
}

}  // namespace sse::net
