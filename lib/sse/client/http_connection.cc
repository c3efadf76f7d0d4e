#include "sse/client/http_connection.h"

#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <thread>
#include <utility>

#include <httplib.h>
#include <pthread.h>

#include "sse/base/mutex.h"
#include "sse/base/unique_fd.h"
#include "sse/client/waiter.h"

namespace sse::client {
namespace {

constexpr char kIdempotencyKey[] = "Idempotency-Key";

/// A server may close an idle connection while a request is on its way, and then nobody knows
/// whether it was read. So a connection that may be near that end is not used again.
constexpr std::chrono::seconds kMaxIdle{20};

/// httplib's own patience goes beyond ours, so that it is always the deadline that ends a wait.
constexpr std::chrono::seconds kSlack{5};

/// What a peer sends without end must not fill our memory.
constexpr std::size_t kMaxAnswerBytes = std::size_t{16} << 20U;

using Kind = HttpReply::Kind;

HttpReply failure(Kind kind, std::string text) {
  HttpReply reply;
  reply.kind = kind;
  reply.text = std::move(text);
  return reply;
}

/// httplib does not tell a wrong name from a closed port: so the resolver is asked again.
HttpReply no_connection(const Endpoint& hub) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(hub.host().c_str(), nullptr, &hints, &found);
  if (code == 0) {
    ::freeaddrinfo(found);
    return failure(Kind::kNotSent, "no connection to " + hub.origin() + ": refused or unreachable");
  }
  return failure(code == EAI_AGAIN ? Kind::kNotSent : Kind::kUnresolved,
                 "the name '" + hub.host() + "' has no address: " + ::gai_strerror(code));
}

HttpReply failed(const Endpoint& hub, httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection:
      return no_connection(hub);
    case httplib::Error::ConnectionTimeout:
      return failure(Kind::kNotSent, "no connection to " + hub.origin() + " in time");
    case httplib::Error::Write:  // a request that is not whole is never acted upon
      return failure(Kind::kNotSent, hub.origin() + " closed the connection before the request");
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification:
      return failure(Kind::kTls,
                     "no secure connection to " + hub.origin() + ": " + httplib::to_string(error));
    default:
      return failure(Kind::kNoAnswer, hub.origin() + " gave no whole answer");
  }
}

}  // namespace

/// The connection and the request on it. The thread that sends is a request's own, because name
/// resolution cannot be interrupted; it may outlive the wait for it. Thread-safe.
class HttpConnection::Line {
 public:
  Line(const Options& options, std::chrono::nanoseconds connect_timeout)
      : hub_(options.hub), client_(options.hub.origin()), done_(::eventfd(0, EFD_CLOEXEC)) {
    client_.set_keep_alive(true);
    client_.set_connection_timeout(connect_timeout);
    client_.set_follow_location(false);
    client_.set_decompress(false);
    client_.set_url_encode(false);
    client_.set_tcp_nodelay(true);
    for (const Header& header : options.headers) headers_.emplace(header.name, header.value);
  }

  /// Runs on the request's thread.
  void run(HttpRequest&& request, std::chrono::nanoseconds timeout) {
    HttpReply reply;
    try {
      reply = send(std::move(request), timeout);
    } catch (const std::exception& thrown) {
      reply = failure(Kind::kNoAnswer, hub_.origin() + ": " + thrown.what());
    }
    const MutexLock lock(mutex_);
    reply_ = std::move(reply);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(done_.get(), &one, sizeof one);
  }

  /// Readable once the reply is there.
  int done_fd() const { return done_.get(); }

  HttpReply take() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto drained = ::read(done_.get(), &count, sizeof count);
    const MutexLock lock(mutex_);
    return std::move(reply_);
  }

  /// Makes the request fail as soon as it can.
  void abandon() { client_.stop(); }

 private:
  HttpReply send(HttpRequest&& from, std::chrono::nanoseconds timeout) {
    client_.set_read_timeout(timeout + kSlack);
    client_.set_write_timeout(timeout + kSlack);
    HttpReply reply;
    httplib::Request request;
    request.method = std::move(from.method);
    request.path = std::move(from.target);
    request.headers = headers_;
    if (!from.content_type.empty()) request.set_header("Content-Type", from.content_type);
    if (!from.idempotency_key.empty() && !request.has_header(kIdempotencyKey)) {
      request.set_header(kIdempotencyKey, '"' + from.idempotency_key + '"');
    }
    request.body = std::move(from.body);
    request.content_receiver = [&reply](const char* bytes, std::size_t size, std::uint64_t /*at*/,
                                        std::uint64_t /*all*/) {
      reply.body.append(bytes, size);
      return reply.body.size() <= kMaxAnswerBytes;
    };
    httplib::Response response;
    auto error = httplib::Error::Success;
    if (!client_.send(request, response, error)) return failed(hub_, error);
    reply.kind = Kind::kAnswered;
    reply.head.status = response.status;
    for (const auto& [name, value] : response.headers) reply.head.headers.push_back({name, value});
    return reply;
  }

  const Endpoint hub_;
  httplib::Client client_;  // used by one request's thread at a time; stop() by any
  httplib::Headers headers_;
  const UniqueFd done_;
  Mutex mutex_;
  HttpReply reply_ SSE_GUARDED_BY(mutex_);
};

HttpConnection::HttpConnection(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock) {
}

HttpConnection::~HttpConnection() = default;

HttpReply HttpConnection::exchange(HttpRequest request, BootTime deadline) {
  const auto now = clock_.now().boot;
  const auto left = deadline - now;
  if (left <= std::chrono::nanoseconds(0)) return failure(Kind::kNotSent, "no time was left");
  if (!line_ || now - last_used_ > kMaxIdle) {
    line_ = std::make_shared<Line>(options_, std::min(left, options_.connect_timeout));
  }

  // Signals belong to the thread that waits; SIGPIPE, which httplib's send() may raise, to none.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([line = line_, request = std::move(request), left]() mutable {
    line->run(std::move(request), left);
  }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);

  // A first stop signal interrupts nothing here: what is in flight is finished.
  pollfd done{line_->done_fd(), POLLIN, 0};
  while (::poll(&done, 1, poll_timeout(deadline, clock_.now().boot)) < 0) {
  }
  if (done.revents == 0) {
    line_->abandon();
    line_.reset();
    return failure(Kind::kTimedOut, options_.hub.origin() + " gave no answer in time");
  }
  HttpReply reply = line_->take();
  last_used_ = clock_.now().boot;
  if (reply.kind != Kind::kAnswered) line_.reset();
  return reply;
}

}  // namespace sse::client
