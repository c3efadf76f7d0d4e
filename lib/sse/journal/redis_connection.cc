#include "sse/journal/redis_connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "sse/journal/redis_tls.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kSlice{50};
// What is read before replies are looked at.
constexpr std::size_t kMostAtOnce = std::size_t{4} << 20U;

Error gone(const Error& why) {
  return {why.code, "the connection to Redis has ended: " + why.text};
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// The addresses of a name. Of the thread that looks them up, and of the one that waits for it.
struct Lookup {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;
  int failed = 0;
  std::unique_ptr<addrinfo, FreeAddresses> found;

  void look_up(const std::string& host, const std::string& port, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG | flags;
    addrinfo* list = nullptr;
    const int failure = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
    const std::lock_guard lock(mutex);
    found.reset(list);
    failed = failure;
    is_done = true;
    changed.notify_all();
  }

  /// False: it took too long.
  bool wait(SteadyTime until, const RedisPatience& patience) {
    std::unique_lock lock(mutex);
    while (!is_done) {
      if (steady_clock::now() >= until) return false;
      lock.unlock();
      if (patience.goes_on && !patience.goes_on()) return false;
      lock.lock();
      changed.wait_for(lock, kSlice, [this] { return is_done; });
    }
    return true;
  }
};

/// Looks the name up on a thread of its own, which may stay behind: a resolver that hears nothing
/// goes on for half a minute and more.
Result<std::shared_ptr<Lookup>> look_up(const RedisAddress& address,
                                        const RedisPatience& patience) {
  const auto refused = [&](const std::string& why) {
    return Error{ErrorCode::kUnavailable, "cannot resolve " + address.host + ": " + why};
  };
  const auto until = steady_clock::now() + patience.most;
  const std::string port = std::to_string(address.port);
  auto lookup = std::make_shared<Lookup>();
  const bool is_number =
      address.host.find_first_not_of("0123456789abcdefABCDEF.:") == std::string::npos;
  if (is_number) lookup->look_up(address.host, port, AI_NUMERICHOST);
  if (!is_number || lookup->failed != 0) {
    lookup = std::make_shared<Lookup>();
    try {
      std::thread([lookup, host = address.host, port] { lookup->look_up(host, port, 0); }).detach();
    } catch (const std::system_error& failure) {
      return refused(failure.what());
    }
  }
  if (!lookup->wait(until, patience)) return refused("the resolver does not answer");
  if (lookup->failed != 0) return refused(::gai_strerror(lookup->failed));
  return lookup;
}

/// Waits until the socket is ready for `events`.
Status wait_for(int fd, short events, SteadyTime until, const RedisPatience& patience) {
  while (true) {
    if (patience.goes_on && !patience.goes_on()) {
      return Error{ErrorCode::kUnavailable, "the hub stops"};
    }
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (left.count() <= 0) return Error{ErrorCode::kUnavailable, "Redis does not answer"};
    pollfd one{fd, events, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min(left, kSlice).count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return gone({ErrorCode::kUnavailable, std::strerror(errno)});
  }
}

/// Where to, and for how long: what one open() has in common.
struct Opening {
  const RedisAddress& address;
  const RedisPatience& patience;
  const std::optional<RedisTlsFiles>& tls;

  Error refused(const Error& why) const {
    return {why.code, "cannot connect to " + to_string(address) + ": " + why.text};
  }
  Error refused(int failure) const {
    return refused(Error{ErrorCode::kUnavailable, std::strerror(failure)});
  }
};

/// A socket that is connected.
Result<UniqueFd> connect(const Opening& opening, int family, const void* to, std::size_t size,
                         SteadyTime until) {
  UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) return opening.refused(errno);
  if (family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (::connect(socket.get(), static_cast<const sockaddr*>(to), static_cast<socklen_t>(size)) ==
      0) {
    return socket;
  }
  if (errno != EINPROGRESS && errno != EAGAIN) return opening.refused(errno);
  if (const auto ready = wait_for(socket.get(), POLLOUT, until, opening.patience); !ready) {
    return opening.refused(ready.error());
  }
  int failure = 0;
  socklen_t length = sizeof failure;
  ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &length);
  if (failure != 0) return opening.refused(failure);
  return socket;
}

/// TLS over it, once both sides have agreed.
Result<std::unique_ptr<RedisSocket>> shake_hands(const Opening& opening, UniqueFd socket,
                                                 SteadyTime until) {
  auto made = RedisTls::make(std::move(socket), *opening.tls, opening.address.host);
  if (!made) return opening.refused(made.error());
  while (true) {
    const auto is_done = (*made)->shake_hands();
    if (!is_done) return opening.refused(is_done.error());
    if (*is_done) return std::unique_ptr<RedisSocket>(*std::move(made));
    const auto ready = wait_for((*made)->fd(), (*made)->wanted_events(), until, opening.patience);
    if (ready) continue;
    if (steady_clock::now() < until) return opening.refused(ready.error());
    return opening.refused({ErrorCode::kUnavailable,
                            "Redis does not answer the TLS handshake, nor would a port without "
                            "TLS"});
  }
}

Result<std::unique_ptr<RedisSocket>> open_socket(const Opening& opening, int family, const void* to,
                                                 std::size_t size) {
  const auto until = steady_clock::now() + opening.patience.most;
  auto socket = SSE_TRY(connect(opening, family, to, size, until));
  if (opening.tls) return shake_hands(opening, std::move(socket), until);
  return std::make_unique<RedisSocket>(std::move(socket));
}

}  // namespace

RedisConnection::RedisConnection(UniqueFd socket)
    : RedisConnection(std::make_unique<RedisSocket>(std::move(socket))) {
}

RedisConnection::RedisConnection(std::unique_ptr<RedisSocket> socket) : socket_(std::move(socket)) {
}

Result<RedisConnection> RedisConnection::open(const RedisAddress& address,
                                              const RedisPatience& patience,
                                              const std::optional<RedisTlsFiles>& tls) {
  const Opening opening{address, patience, tls};
  if (address.port == 0) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (address.host.size() >= sizeof to.sun_path) {
      return Error{ErrorCode::kUnavailable, address.host + ": the path is too long for a socket"};
    }
    std::copy(address.host.begin(), address.host.end(), to.sun_path);
    return RedisConnection(SSE_TRY(open_socket(opening, AF_UNIX, &to, sizeof to)));
  }
  const auto lookup = SSE_TRY(look_up(address, patience));
  Error failure{ErrorCode::kUnavailable, "it has no address"};
  for (const addrinfo* each = lookup->found.get(); each != nullptr; each = each->ai_next) {
    auto socket = open_socket(opening, each->ai_family, each->ai_addr, each->ai_addrlen);
    if (socket) return RedisConnection(*std::move(socket));
    failure = socket.error();
    // That one of them refuses us is not hidden by another one where nothing listens.
    if (failure.code != ErrorCode::kUnavailable) break;
  }
  return failure;
}

void RedisConnection::send(std::span<const std::string_view> arguments) {
  append_request(unsent_, arguments);
  // A failure is met again by exchange().
  if (is_open()) static_cast<void>(flush());
}

Status RedisConnection::flush() {
  while (sent_ < unsent_.size()) {
    const auto sent = socket_->write(std::string_view(unsent_).substr(sent_));
    if (!sent) return gone(sent.error());
    if (*sent == 0) return {};
    sent_ += *sent;
  }
  // A large batch does not keep its memory.
  if (unsent_.capacity() > RedisSocket::kReadSize) std::string().swap(unsent_);
  unsent_.clear();
  sent_ = 0;
  return {};
}

Status RedisConnection::exchange() {
  if (!is_open()) return gone({ErrorCode::kUnavailable, "it is not open"});
  // What was sent to us before the end is read first: Redis says why it closes. And over TLS a read
  // sends what was sealed and waited: behind it, poll() is asked for room only if there is none.
  std::array<char, RedisSocket::kReadSize> bytes;
  for (std::size_t all = 0; all < kMostAtOnce;) {
    const auto got = socket_->read(bytes);
    if (!got) return gone(got.error());
    if (*got == 0) break;
    decoder_.feed({bytes.data(), *got});
    all += *got;
  }
  return flush();
}

Result<RedisReply> RedisConnection::wait(const RedisPatience& patience) {
  const auto until = steady_clock::now() + patience.most;
  while (true) {
    Status exchanged = exchange();
    auto reply = SSE_TRY(next());
    if (reply) return *std::move(reply);
    SSE_TRY(std::move(exchanged));
    SSE_TRY(wait_for(fd(), wanted_events(), until, patience));
  }
}

Result<RedisReply> RedisConnection::call(std::span<const std::string_view> arguments,
                                         const RedisPatience& patience) {
  send(arguments);
  return wait(patience);
}

}  // namespace sse::journal
