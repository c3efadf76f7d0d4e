#include "sse/client/http_connection.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "sse/base/ascii.h"
#include "sse/client/curl_tls_errors.h"
#include "sse/client/curl_transfer.h"
#include "sse/client/waiter.h"

namespace sse::client {
namespace {

constexpr char kIdempotencyKey[] = "Idempotency-Key";
constexpr char kIdempotencyKeyAge[] = "Idempotency-Key-Age";

/// A server may close an idle connection while a request is on its way, and then it is unknown
/// whether it was read. So a connection that may be near that end is not used again.
constexpr std::chrono::seconds kMaxIdle{20};

/// What a peer sends without end must not fill our memory.
constexpr std::size_t kMaxAnswerBytes = std::size_t{16} << 20U;

using Kind = HttpReply::Kind;

HttpReply failure(Kind kind, std::string text) {
  HttpReply reply;
  reply.kind = kind;
  reply.text = std::move(text);
  return reply;
}

Kind kind_of(ExchangeEnd::Kind kind) {
  switch (kind) {
    case ExchangeEnd::Kind::kClosed:
      return Kind::kAnswered;
    case ExchangeEnd::Kind::kUnresolved:
      return Kind::kUnresolved;
    case ExchangeEnd::Kind::kUnreachable:
      return Kind::kNotSent;
    case ExchangeEnd::Kind::kTls:
      return Kind::kTls;
    case ExchangeEnd::Kind::kCut:
    case ExchangeEnd::Kind::kNotHttp:
      break;
  }
  return Kind::kNoAnswer;
}

/// Seconds, rounded up to the next millisecond: an age that is too small would be believed.
std::string in_seconds(std::chrono::nanoseconds age) {
  const auto all = std::chrono::ceil<std::chrono::milliseconds>(age).count();
  const std::string part = std::to_string(all % 1000);
  return std::to_string(all / 1000) + "." + std::string(3 - part.size(), '0') + part;
}

bool has_header(const std::vector<Header>& headers, const char* name) {
  return std::any_of(headers.begin(), headers.end(), [name](const Header& header) {
    return equals_ignoring_case(header.name, name);
  });
}

}  // namespace

HttpConnection::HttpConnection(Options options, const Clock& clock)
    : options_(std::move(options)), clock_(clock) {
}

HttpConnection::~HttpConnection() = default;

StreamRequest HttpConnection::request_for(HttpRequest from, std::chrono::nanoseconds left) const {
  StreamRequest request;
  request.url = options_.hub.with_path(from.target);
  request.headers = options_.fresh_headers ? options_.fresh_headers() : options_.headers;
  if (!from.content_type.empty()) request.headers.push_back({"Content-Type", from.content_type});
  if (!from.idempotency_key.empty() && !has_header(request.headers, kIdempotencyKey)) {
    request.headers.push_back({kIdempotencyKey, '"' + from.idempotency_key + '"'});
  }
  if (from.key_age) request.headers.push_back({kIdempotencyKeyAge, in_seconds(*from.key_age)});
  request.connect_timeout = std::min(left, options_.connect_timeout);
  request.method = std::move(from.method);
  request.body = std::move(from.body);
  return request;
}

HttpReply HttpConnection::exchange(HttpRequest request, BootTime deadline) {
  const auto now = clock_.now().boot;
  const auto left = deadline - now;
  if (left <= std::chrono::nanoseconds(0)) return failure(Kind::kNotSent, "no time was left");
  if (transfer_ && now - last_used_ > kMaxIdle) transfer_.reset();
  if (!transfer_) transfer_ = std::make_unique<CurlTransfer>(options_.settings);
  transfer_->start(request_for(std::move(request), left));
  HttpReply reply = receive(deadline);
  last_used_ = clock_.now().boot;
  if (reply.kind != Kind::kAnswered) transfer_.reset();
  return reply;
}

HttpReply HttpConnection::receive(BootTime deadline) {
  const std::string origin = options_.hub.origin();
  HttpReply reply;
  for (;;) {
    // A first stop signal interrupts nothing here: what is in flight is finished.
    pollfd ready{transfer_->ready_fd(), POLLIN, 0};
    while (::poll(&ready, 1, poll_timeout(deadline, clock_.now().boot)) < 0) {
    }
    if (ready.revents == 0) {
      return transfer_->is_sent()
                 ? failure(Kind::kTimedOut, origin + " gave no answer in time")
                 : failure(Kind::kNotSent, "no connection to " + origin + " in time");
    }
    const auto arrived = transfer_->take();
    if (arrived.head != nullptr) reply.head = *arrived.head;
    reply.body += arrived.bytes;
    if (reply.body.size() > kMaxAnswerBytes) {
      return failure(Kind::kNoAnswer, origin + " answered with more than 16 MiB");
    }
    if (!arrived.end) continue;
    reply.kind = kind_of(arrived.end->kind);
    if (reply.kind != Kind::kAnswered) return failure(reply.kind, arrived.end->text);
    if (says_it_speaks_tls(options_.hub, reply.head.status, reply.body)) {
      return failure(Kind::kTls, use_https(options_.hub));
    }
    return reply;
  }
}

}  // namespace sse::client
