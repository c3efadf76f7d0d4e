#include "tls_channel.h"

#include <fcntl.h>
#include <poll.h>

#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sse::bench {
namespace {

constexpr std::size_t kReadSize = 64U << 10U;
// What one recv() takes: OpenSSL would make two for each record otherwise.
constexpr std::size_t kReadAhead = 32U << 10U;

std::string last_error() {
  std::array<char, 200> text{};
  const auto code = ERR_get_error();
  if (code == 0) return "the server closed it";
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

}  // namespace

struct TlsClients::Callbacks {
  // Keeps the reference to the session that OpenSSL gives.
  static int on_session(SSL* ssl, SSL_SESSION* session) {
    auto& clients = *static_cast<TlsClients*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    SSL_SESSION_free(std::exchange(clients.session_, session));
    return 1;
  }
  // In place of looking at the chain, which OpenSSL does even if its result does not count.
  static int accept_chain(X509_STORE_CTX* /*chain*/, void* /*clients*/) { return 1; }
};

class TlsClients::TlsChannel final : public Channel {
 public:
  TlsChannel(TlsClients& clients, UniqueFd fd)
      : clients_(clients), fd_(std::move(fd)), ssl_(SSL_new(clients.context_)) {
    ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
    SSL_set_fd(ssl_, fd_.get());
    if (clients.session_ != nullptr) SSL_set_session(ssl_, clients.session_);
    SSL_set_connect_state(ssl_);
    shake_hands();
  }
  ~TlsChannel() override { SSL_free(ssl_); }
  TlsChannel(const TlsChannel&) = delete;
  TlsChannel& operator=(const TlsChannel&) = delete;

  bool send(std::string_view bytes) override {
    if (!failure_.empty()) return false;
    if (is_done_) return write(bytes);
    waiting_ += bytes;
    return true;
  }

  bool receive(ByteTaker& taker) override {
    static thread_local std::array<char, kReadSize> buffer;
    if (!is_done_) shake_hands();
    if (!is_done_) return failure_.empty();
    // What has been read ahead is not told of by the socket.
    do {
      ERR_clear_error();
      const int size = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
      if (size <= 0) return SSL_get_error(ssl_, size) == SSL_ERROR_WANT_READ;
      taker.take({buffer.data(), static_cast<std::size_t>(size)});
    } while (SSL_has_pending(ssl_) != 0);
    return true;
  }

  std::string failure() const override { return failure_; }

 private:
  void shake_hands() {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_);
    if (done != 1) {
      const int why = SSL_get_error(ssl_, done);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        failure_ = "TLS: " + last_error();
      }
      return;
    }
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &chosen, &size);
    if (std::string_view(reinterpret_cast<const char*>(chosen), size) != clients_.protocol_) {
      failure_ = "TLS: the server does not speak " + clients_.protocol_;
      return;
    }
    is_done_ = true;
    ++clients_.handshakes_;
    if (SSL_session_reused(ssl_) != 0) ++clients_.resumed_;
    if (!waiting_.empty() && !write(std::exchange(waiting_, {}))) failure_ = "TLS: it broke";
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      ERR_clear_error();
      const int size = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      if (size > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(size));
        continue;
      }
      if (SSL_get_error(ssl_, size) != SSL_ERROR_WANT_WRITE) return false;
      pollfd writable{fd_.get(), POLLOUT, 0};
      ::poll(&writable, 1, -1);
    }
    return true;
  }

  TlsClients& clients_;
  const UniqueFd fd_;
  SSL* const ssl_;
  bool is_done_ = false;
  std::string waiting_;  // for the handshake
  std::string failure_;
};

TlsClients::TlsClients(std::string_view protocol)
    : context_(SSL_CTX_new(TLS_client_method())), protocol_(protocol) {
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_set_cert_verify_callback(context_, Callbacks::accept_chain, nullptr);
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context_, 1);
  SSL_CTX_set_default_read_buffer_len(context_, kReadAhead);
  SSL_CTX_set_session_cache_mode(context_,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context_, Callbacks::on_session);
  const std::string offer = static_cast<char>(protocol_.size()) + protocol_;
  SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const unsigned char*>(offer.data()),
                          static_cast<unsigned>(offer.size()));
}

TlsClients::~TlsClients() {
  SSL_SESSION_free(session_);
  SSL_CTX_free(context_);
}

std::unique_ptr<Channel> TlsClients::open(UniqueFd fd) {
  return std::make_unique<TlsChannel>(*this, std::move(fd));
}

std::string TlsClients::hello() const {
  SSL* const ssl = SSL_new(context_);
  BIO* const nothing = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(nothing, -1);
  SSL_set_bio(ssl, nothing, out);
  SSL_connect(ssl);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out, &bytes);
  std::string hello(bytes, static_cast<std::size_t>(size));
  SSL_free(ssl);
  return hello;
}

}  // namespace sse::bench
