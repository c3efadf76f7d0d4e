#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <thread>

#include <httplib.h>
#include <pthread.h>
#include <strings.h>

#include "sse/base/mutex.h"
#include "sse/base/unique_fd.h"
#include "sse/client/transport.h"

namespace sse::client {
namespace {

/// Bytes that wait to be taken before the connection is read no further.
constexpr std::size_t kMaxWaiting = std::size_t{1} << 20U;

/// What the exchange and its thread share; the thread may outlive the exchange, when it is stuck in
/// name resolution. Thread-safe.
class Handover {
 public:
  Handover() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  int fd() const { return event_.get(); }

  // The exchange's side.

  /// Leaves the event armed while there is more to take.
  void take(std::string& bytes, const ResponseHead*& head, std::optional<ExchangeEnd>& end)
      SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    std::uint64_t count = 0;
    [[maybe_unused]] const auto drained = ::read(event_.get(), &count, sizeof count);
    bytes.clear();
    bytes.swap(waiting_);
    if (has_head_ && !head_taken_) {
      head_taken_ = true;
      head = &head_;
    }
    end = end_;
    if (end_) poke();  // stays readable: whoever takes again gets the end again
    room_.notify_one();
  }

  void abandon() SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    abandoned_ = true;
    if (socket_.is_open()) ::shutdown(socket_.get(), SHUT_RDWR);
    room_.notify_one();
  }

  // The thread's side. False: nobody wants it any more.

  void set_socket(int fd) SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    // A duplicate: httplib closes its own, and the number may be somebody else's by then.
    socket_.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (abandoned_) ::shutdown(fd, SHUT_RDWR);
  }

  bool put_head(ResponseHead head) SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    head_ = std::move(head);
    has_head_ = true;
    poke();
    return !abandoned_;
  }

  bool put_bytes(const char* bytes, std::size_t size) SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (waiting_.size() >= kMaxWaiting && !abandoned_) room_.wait(mutex_);
    if (waiting_.empty()) poke();
    waiting_.append(bytes, size);
    return !abandoned_;
  }

  void put_end(ExchangeEnd end) SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    end_ = std::move(end);
    socket_.reset();
    poke();
  }

  bool has_head() const SSE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return has_head_;
  }

 private:
  void poke() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
  }

  const UniqueFd event_;
  mutable Mutex mutex_;
  std::condition_variable_any room_;
  std::string waiting_ SSE_GUARDED_BY(mutex_);
  ResponseHead head_ SSE_GUARDED_BY(mutex_);
  bool has_head_ SSE_GUARDED_BY(mutex_) = false;
  bool head_taken_ SSE_GUARDED_BY(mutex_) = false;
  bool abandoned_ SSE_GUARDED_BY(mutex_) = false;
  std::optional<ExchangeEnd> end_ SSE_GUARDED_BY(mutex_);
  UniqueFd socket_ SSE_GUARDED_BY(mutex_);
};

/// cpp-httplib undoes the percent-encoding of header values, and a Location is not the same without
/// it. What cannot stand in a URL gets it back; so does '#', because a redirect with a fragment is
/// rarer than a topic filter with a wildcard.
std::string encoded_again(std::string_view location) {
  std::string out;
  for (const char c : location) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || c == '#') {
      out += percent_encode(std::string_view(&c, 1));
    } else {
      out += c;
    }
  }
  return out;
}

ResponseHead head_of(const httplib::Response& response) {
  ResponseHead head;
  head.status = response.status;
  for (const auto& [name, value] : response.headers) head.headers.push_back({name, value});
  for (Header& header : head.headers) {
    if (::strcasecmp(header.name.c_str(), "Location") == 0) {
      header.value = encoded_again(header.value);
    }
  }
  return head;
}

/// Why the name of `url` has no address; empty when it has one. Asked only after a failure: httplib
/// does not tell a wrong name from a closed port.
std::string resolver_complaint(const Endpoint& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(url.host().c_str(), nullptr, &hints, &found);
  if (code == 0) {
    ::freeaddrinfo(found);
    return {};
  }
  return ::gai_strerror(code);
}

ExchangeEnd end_of(const Endpoint& url, httplib::Error error, bool has_head) {
  using Kind = ExchangeEnd::Kind;
  if (has_head) return {Kind::kClosed, url.origin() + " ended the stream"};
  switch (error) {
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification:
      return {Kind::kTls,
              "no secure connection to " + url.origin() + ": " + httplib::to_string(error)};
    case httplib::Error::ConnectionTimeout:
      return {Kind::kUnreachable, "no connection to " + url.origin() + " in time"};
    case httplib::Error::Connection:
      break;
    default:
      return {Kind::kNotHttp, url.origin() + " gave no HTTP answer"};
  }
  if (const auto why = resolver_complaint(url); !why.empty()) {
    return {Kind::kUnresolved, "the name '" + url.host() + "' has no address: " + why};
  }
  return {Kind::kUnreachable, "no connection to " + url.origin() + ": refused or unreachable"};
}

/// False when this cpp-httplib has no TLS.
bool set_trust(const TlsOptions& tls, httplib::Client& client) {
#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
  if (!tls.ca_file.empty()) client.set_ca_cert_path(tls.ca_file);
  client.enable_server_certificate_verification(tls.verify);
  return true;
#else
  return false;
#endif
}

void exchange(const StreamRequest& request, const TlsOptions& tls, Handover& handover) {
  httplib::Client client(request.url.origin());
  if (request.url.scheme() == Endpoint::Scheme::kHttps && !set_trust(tls, client)) {
    handover.put_end({ExchangeEnd::Kind::kTls, "this cpp-httplib was built without TLS"});
    return;
  }
  client.set_connection_timeout(request.connect_timeout);
  // Whoever waits for the answer measures silence itself, and may change its mind with the head.
  client.set_read_timeout(std::chrono::hours(24 * 365));
  client.set_write_timeout(request.connect_timeout);
  client.set_follow_location(false);
  client.set_decompress(false);
  client.set_url_encode(false);
  client.set_tcp_nodelay(true);
  client.set_socket_options([&handover](int fd) {
    const int on = 1;  // finds a dead peer that a silent stream would never tell of
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    handover.set_socket(fd);
  });
  httplib::Headers headers;
  for (const Header& header : request.headers) headers.emplace(header.name, header.value);

  const auto result = client.Get(
      request.url.target(), headers,
      [&](const httplib::Response& response) { return handover.put_head(head_of(response)); },
      [&](const char* bytes, std::size_t size) { return handover.put_bytes(bytes, size); });
  // A 204 has no body, so httplib asks nobody about its head.
  if (result && !handover.has_head()) handover.put_head(head_of(*result));
  handover.put_end(end_of(request.url, result.error(), handover.has_head()));
}

/// The thread's whole life. No exception may leave it.
void run_exchange(const StreamRequest& request, const TlsOptions& tls, Handover& handover) {
  try {
    exchange(request, tls, handover);
  } catch (const std::exception& failure) {
    handover.put_end({ExchangeEnd::Kind::kNotHttp, request.url.origin() + ": " + failure.what()});
  }
}

class HttpExchange final : public Exchange {
 public:
  HttpExchange(StreamRequest request, TlsOptions tls) : handover_(std::make_shared<Handover>()) {
    // Signals belong to the thread that waits; SIGPIPE, which httplib's send() may raise, to none.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread([request = std::move(request), tls = std::move(tls), handover = handover_] {
      run_exchange(request, tls, *handover);
    }).detach();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~HttpExchange() override { handover_->abandon(); }

  int ready_fd() const override { return handover_->fd(); }

  Arrived take() override {
    Arrived arrived;
    handover_->take(taken_, arrived.head, arrived.end);
    arrived.bytes = taken_;
    return arrived;
  }

 private:
  std::shared_ptr<Handover> handover_;
  std::string taken_;
};

}  // namespace

std::unique_ptr<Exchange> HttpTransport::open(StreamRequest request) {
  return std::make_unique<HttpExchange>(std::move(request), tls_);
}

}  // namespace sse::client
