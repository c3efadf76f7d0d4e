#include "support/tls_relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <utility>

#include <openssl/ssl.h>

#include "support/catch.h"
#include "support/tls_material.h"

namespace sse::test {
namespace {

constexpr int kLookMilliseconds = 20;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

const sockaddr* any(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

void write_for_us(const std::string& path, const std::string& text) {
  write_text(path, text);
  REQUIRE(::chmod(path.c_str(), S_IRUSR | S_IWUSR) == 0);
}

/// One connection, on both sides.
class Relayed {
 public:
  Relayed(int plain, int hub, SSL* ssl) : plain_(plain), hub_(hub), ssl_(ssl) {}

  /// False: it is over.
  bool go_on() {
    if (SSL_pending(ssl_) > 0) return take_from_hub();
    std::array<pollfd, 2> fds{
        {{has_plain_ended_ ? -1 : plain_, POLLIN, 0}, {has_hub_ended_ ? -1 : hub_, POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), kLookMilliseconds) <= 0) return true;
    if (fds[1].revents != 0 && !take_from_hub()) return false;
    return fds[0].revents == 0 || take_from_plain();
  }

 private:
  bool take_from_hub() {
    const int got = SSL_read(ssl_, buffer_.data(), static_cast<int>(buffer_.size()));
    if (got > 0) {
      return ::send(plain_, buffer_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
    }
    if (SSL_get_error(ssl_, got) != SSL_ERROR_ZERO_RETURN) return false;
    has_hub_ended_ = true;
    ::shutdown(plain_, SHUT_WR);
    return !has_plain_ended_;
  }

  bool take_from_plain() {
    const auto got = ::recv(plain_, buffer_.data(), buffer_.size(), 0);
    if (got > 0) return SSL_write(ssl_, buffer_.data(), static_cast<int>(got)) == got;
    if (got < 0) return false;
    has_plain_ended_ = true;
    SSL_shutdown(ssl_);
    ::shutdown(hub_, SHUT_WR);
    return !has_hub_ended_;
  }

  const int plain_;
  const int hub_;
  SSL* const ssl_;
  bool has_plain_ended_ = false;
  bool has_hub_ended_ = false;
  std::array<char, 16'384> buffer_;
};

}  // namespace

bool wants_tls() {
  return std::getenv("SSE_TEST_TLS") != nullptr;
}

TlsTestFiles::TlsTestFiles() {
  const TlsIdentity identity = Authority().issue();
  write_for_us(directory_.file("hub.pem"), identity.certificate);
  write_for_us(directory_.file("hub.key"), identity.key);
}

std::vector<std::string> TlsTestFiles::options() const {
  return {"--tls-cert", directory_.file("hub.pem"), "--tls-key", directory_.file("hub.key")};
}

TlsRelay::TlsRelay(std::uint16_t port)
    : hub_port_(port), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  REQUIRE(::bind(listener_.get(), any(address), sizeof address) == 0);
  REQUIRE(::listen(listener_.get(), SOMAXCONN) == 0);
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { accept_all(); });
}

TlsRelay::~TlsRelay() {
  is_ending_ = true;
  accepting_.join();
  for (auto& connection : connections_) connection.join();
}

// Of this thread and those that it starts: OpenSSL writes without MSG_NOSIGNAL.
void TlsRelay::accept_all() {
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  while (!is_ending_) {
    pollfd ready{listener_.get(), POLLIN, 0};
    if (::poll(&ready, 1, kLookMilliseconds) <= 0) continue;
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) connections_.emplace_back([this, fd] { relay(UniqueFd(fd)); });
  }
}

// Where the hub refuses, or ends, the connection is closed: as a hub without TLS would do.
void TlsRelay::relay(UniqueFd plain) const {
  const UniqueFd hub(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(hub_port_);
  if (::connect(hub.get(), any(address), sizeof address) != 0) return;
  const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  const std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), hub.get());
  if (SSL_connect(ssl.get()) != 1) return;
  Relayed relayed(plain.get(), hub.get(), ssl.get());
  while (!is_ending_ && relayed.go_on()) {
  }
}

}  // namespace sse::test
