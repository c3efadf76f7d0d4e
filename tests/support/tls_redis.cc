#include "support/tls_redis.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <csignal>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "sse/base/tls_pem.h"

#include "support/catch.h"

namespace sse::test {
namespace {

constexpr timeval kPatience{10, 0};

void demand(SSL_CTX* context, const std::string& client_ca) {
  const auto authorities = read_certificates(client_ca, "the client CA");
  REQUIRE(authorities);
  for (const auto& authority : *authorities)
    REQUIRE(trust(context, authority.get(), "the client CA"));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
}

}  // namespace

bool TlsEnd::shake_hands() {
  return SSL_accept(ssl_) == 1;
}

std::string TlsEnd::read(std::size_t size) {
  std::string text(size, '\0');
  std::size_t all = 0;
  std::size_t got = 0;
  while (all < size && SSL_read_ex(ssl_, text.data() + all, size - all, &got) == 1) all += got;
  text.resize(all);
  return text;
}

bool TlsEnd::write(std::string_view text) {
  std::size_t sent = 0;
  return SSL_write_ex(ssl_, text.data(), text.size(), &sent) == 1 && sent == text.size();
}

void TlsEnd::write_plain(std::string_view text) const {
  static_cast<void>(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL));
}

void TlsEnd::ignore() const {
  std::array<char, 4'096> bytes;
  while (::recv(socket_.get(), bytes.data(), bytes.size(), 0) > 0) {
  }
}

bool TlsEnd::update_keys() {
  return SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(ssl_) == 1;
}

bool TlsEnd::renegotiate() {
  return SSL_renegotiate(ssl_) == 1 && SSL_do_handshake(ssl_) == 1;
}

bool TlsEnd::close_notify() {
  return SSL_shutdown(ssl_) >= 0;
}

bool TlsEnd::saw_close_notify() {
  char byte = 0;
  while (SSL_read(ssl_, &byte, 1) == 1) {
  }
  return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

void TlsEnd::reset() {
  const linger none{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  socket_.reset();
}

std::string TlsEnd::server_name() const {
  const char* const name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

std::string TlsEnd::version() const {
  return SSL_get_version(ssl_);
}

TlsRedis::TlsRedis(const TlsIdentity& identity, Play play, const TlsRedisWish& wish)
    : context_(SSL_CTX_new(TLS_server_method())),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  // Our side is what is tested: this one may be as weak as it is asked to be.
  SSL_CTX_set_security_level(context_, 0);
  SSL_CTX_set_min_proto_version(context_, 0);
  SSL_CTX_set_max_proto_version(context_, wish.most);
  if (!wish.ciphers.empty()) {
    REQUIRE(SSL_CTX_set_cipher_list(context_, wish.ciphers.c_str()) == 1);
  }
  REQUIRE(use_identity(context_, identity.certificate, identity.key));
  if (!wish.client_ca.empty()) demand(context_, wish.client_ca);
  if (wish.send_buffer > 0) {
    for (const int which : {SO_SNDBUF, SO_RCVBUF}) {
      ::setsockopt(listener_.get(), SOL_SOCKET, which, &wish.send_buffer, sizeof wish.send_buffer);
    }
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(listener_.get(), any, size) == 0);
  REQUIRE(::listen(listener_.get(), 1) == 0);
  REQUIRE(::getsockname(listener_.get(), any, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, play = std::move(play)] { run(play); });
}

TlsRedis::~TlsRedis() {
  finish();
  SSL_CTX_free(context_);
}

void TlsRedis::finish() {
  if (thread_.joinable()) thread_.join();
}

void TlsRedis::run(const Play& play) {
  sigset_t broken_pipe;  // OpenSSL writes without MSG_NOSIGNAL
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  pollfd ready{listener_.get(), POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(kPatience.tv_sec * 1'000)) <= 0) return;
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  for (const int which : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    ::setsockopt(socket.get(), SOL_SOCKET, which, &kPatience, sizeof kPatience);
  }
  SSL* const ssl = SSL_new(context_);
  SSL_set_fd(ssl, socket.get());
  {
    TlsEnd end(std::move(socket), ssl);
    play(end);
  }
  SSL_free(ssl);
}

}  // namespace sse::test
