#include "sse/net/tls_socket.h"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "sse/net/tls_names.h"
#include "sse/net/tls_text.h"

namespace sse::net {
namespace {

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;

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

constexpr std::string_view kNoProtocol = "http/1.1";

std::string protocol_of(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl, &name, &size);
  if (size == 0) return std::string(kNoProtocol);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace

/// What write() was given, in records.
class PlainPieces {
 public:
  explicit PlainPieces(std::span<const iovec> pieces) : pieces_(pieces) { skip_empty(); }

  bool is_empty() const { return pieces_.empty(); }

  std::size_t skip_byte() { return take(1).size(); }

  /// The next bytes, at most one record of them; those of several pieces are copied together.
  std::string_view next(std::array<char, kRecord>& copy) {
    if (pieces_.size() == 1 || front().size() >= kRecord) return take(kRecord);
    std::size_t used = 0;
    while (!is_empty() && used < kRecord)
      used += take(kRecord - used).copy(copy.data() + used, kRecord);
    return {copy.data(), used};
  }

 private:
  std::string_view front() const {
    return {static_cast<const char*>(pieces_.front().iov_base) + used_,
            pieces_.front().iov_len - used_};
  }
  std::string_view take(std::size_t most) {
    const auto taken = front().substr(0, most);
    used_ += taken.size();
    skip_empty();
    return taken;
  }
  void skip_empty() {
    while (!pieces_.empty() && used_ == pieces_.front().iov_len) {
      pieces_ = pieces_.subspan(1);
      used_ = 0;
    }
  }

  std::span<const iovec> pieces_;
  std::size_t used_ = 0;  // of the first piece
};

/// The BIO between OpenSSL and a TlsSocket. It reads from the socket below, and takes all that is
/// written: what one call writes leaves together.
class TlsSocket::Below {
 public:
  static BIO* make() {
    static BIO_METHOD* const method = make_method();
    return method != nullptr ? BIO_new(method) : nullptr;
  }

  /// Counts what the peer sends beside data. Of what is buffered SSL_read() takes all of it at
  /// once.
  static void count(int is_written, int /*version*/, int type, const void* /*bytes*/,
                    std::size_t /*size*/, SSL* /*ssl*/, void* socket) {
    const bool is_counted = type == SSL3_RT_HANDSHAKE || type == SSL3_RT_ALERT;
    if (is_written == 0 && is_counted) ++static_cast<TlsSocket*>(socket)->without_data_;
  }

 private:
  static BIO_METHOD* make_method() {
    BIO_METHOD* const method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sse::net::Socket");
    if (method == nullptr) return nullptr;
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }

  static int read(BIO* bio, char* into, int size) {
    TlsSocket& socket = *static_cast<TlsSocket*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const std::size_t most = static_cast<std::size_t>(size);
    IoResult result{IoStatus::kWouldBlock, 0};
    if (socket.is_readable_) result = socket.below_->read({into, most});
    switch (result.status) {
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
                                           std::shared_ptr<const TlsContext> context) {
  ERR_clear_error();
  SSL* const ssl = SSL_new(context->native());
  BIO* const bio = ssl != nullptr ? Below::make() : nullptr;
  if (bio == nullptr) {
    SSL_free(ssl);
    return nullptr;
  }
  return std::unique_ptr<TlsSocket>(new TlsSocket(std::move(below), std::move(context), ssl, bio));
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
  if (tls_ && !is_broken_ && !is_ending_ && sealed() == 0) end_sending();
  SSL_free(ssl_);
}

bool TlsSocket::attach(Loop& loop, ReadyHandler& handler) {
  handler_ = &handler;
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

TlsSocket::Handshake TlsSocket::shake_hands() {
  scratch().sealed.clear();
  int error = SSL_ERROR_WANT_READ;
  // Only what has met the end of what the peer has sent waits.
  for (int i = 0; i < kMostWithoutData && error == SSL_ERROR_WANT_READ; ++i) {
    ERR_clear_error();
    has_met_block_ = false;
    error = SSL_get_error(ssl_, SSL_do_handshake(ssl_));
    if (has_met_block_) break;
  }
  const bool is_waiting = error == SSL_ERROR_WANT_READ && has_met_block_;
  const bool has_failed = error != SSL_ERROR_NONE && !is_waiting;
  const bool has_left = is_broken_ || has_met_end_;
  if (has_failed) failure_ = take_tls_error();
  send_sealed();
  if (has_failed) {
    is_broken_ = true;
    return has_left ? Handshake::kPeerGone : Handshake::kFailed;
  }
  if (is_broken_) return Handshake::kPeerGone;
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
// read says that there was no more, and of that buffer no readiness would tell.
IoResult TlsSocket::read(std::span<char> into) {
  if (is_broken_) return {IoStatus::kPeerGone, 0};
  scratch().sealed.clear();
  std::size_t filled = 0;
  auto status = IoStatus::kOk;
  while (status == IoStatus::kOk && filled < into.size()) status = fill(into, filled);
  send_sealed();
  if (filled > 0) return {IoStatus::kOk, filled};
  return {is_broken_ ? IoStatus::kPeerGone : status, 0};
}

IoStatus TlsSocket::fill(std::span<char> into, std::size_t& filled) {
  ERR_clear_error();
  has_met_block_ = false;
  std::size_t got = 0;
  const int done = SSL_read_ex(ssl_, into.data() + filled, into.size() - filled, &got);
  const int error = SSL_get_error(ssl_, done);
  if (is_broken_) return IoStatus::kPeerGone;
  if (without_data_ > kMostWithoutData) {
    is_broken_ = true;
    failure_ = "it sends records without data";
    return IoStatus::kPeerGone;
  }
  if (done == 1) {
    filled += got;
    without_data_ = 0;
    return IoStatus::kOk;
  }
  if (error == SSL_ERROR_ZERO_RETURN || has_met_end_) return IoStatus::kEnd;
  if (error == SSL_ERROR_WANT_READ && has_met_block_) return IoStatus::kWouldBlock;
  if (error == SSL_ERROR_WANT_READ) return IoStatus::kOk;  // a record without data was read
  note_failure();
  return IoStatus::kPeerGone;
}

// What was sealed is not sealed again. Its last byte counts as taken only when all of it has left,
// so that the caller goes on as one whose write was short.
IoResult TlsSocket::write(std::span<const iovec> pieces) {
  if (!is_broken_) send_rest();
  if (is_broken_) return {IoStatus::kPeerGone, 0};
  if (sealed() > 0) return {IoStatus::kWouldBlock, 0};
  PlainPieces plain(pieces);
  std::size_t taken = std::exchange(owes_byte_, false) ? plain.skip_byte() : 0;
  while (!plain.is_empty() && sealed() == 0 && !is_broken_) {
    scratch().sealed.clear();
    taken += seal(plain);
    send_sealed();
  }
  if (is_broken_) return {IoStatus::kPeerGone, taken};
  if (sealed() > 0) {
    owes_byte_ = true;
    --taken;
  }
  return {taken > 0 ? IoStatus::kOk : IoStatus::kWouldBlock, taken};
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
  if (made.empty()) return sealed() == 0;
  std::size_t sent = 0;
  if (sealed() == 0) {
    const iovec piece{const_cast<char*>(made.data()), made.size()};  // read, never written to
    const auto result = below_->write({&piece, 1});
    if (result.status == IoStatus::kPeerGone) is_broken_ = true;
    sent = result.bytes;
  }
  if (sent == made.size() || is_broken_) return !is_broken_;
  if (sealed() + made.size() - sent > kMostSealed) {
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
  if (sealed() == 0) return !is_broken_;
  const iovec piece{rest_.data() + rest_sent_, sealed()};
  const auto result = below_->write({&piece, 1});
  if (result.status == IoStatus::kPeerGone) {
    is_broken_ = true;
    return false;
  }
  rest_sent_ += result.bytes;
  if (sealed() > 0) return false;
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
  if (sealed() == 0 || is_broken_) below_->shutdown_write();
}

void TlsSocket::end_sending() {
  scratch().sealed.clear();
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
  send_sealed();
}

}  // namespace sse::net
