#include "publisher_pool.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "request.h"

namespace sse::bench {

PublisherPool::PublisherPool(const Target& target, TicketBook& book, const Pace& pace)
    : target_(target),
      book_(book),
      pace_(pace),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      connections_(pace.connections) {
}

PublisherPool::~PublisherPool() {
  abandon();
}

Status PublisherPool::start() {
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
  for (auto& connection : connections_) {
    connection.fd = connect_to(target_.publish_port());
    if (!connection.fd.is_open()) {
      return Error{
          ErrorCode::kUnavailable,
          "no program listens on port " + std::to_string(target_.publish_port()) + " of 127.0.0.1"};
    }
    event.data.ptr = &connection;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection.fd.get(), &event);
    idle_.push_back(&connection);
  }
  begin_ns_ = steady_ns();
  thread_ = std::thread([this] { run(); });
  return {};
}

void PublisherPool::allow(std::uint64_t completed) {
  completed_ = completed;
  if (waits_for_window_.exchange(false)) wake_.wake();
}

void PublisherPool::stop() {
  stopping_ = true;
  wake_.wake();
}

void PublisherPool::abandon() {
  abandoned_ = true;
  stop();
  if (!thread_.joinable()) return;
  // A send that waits for a server that does not read ends with this.
  if (!done_) {
    for (const auto& connection : connections_) ::shutdown(connection.fd.get(), SHUT_RDWR);
  }
  thread_.join();
}

void PublisherPool::run() {
  while (outcome_ && !abandoned_) {
    send_what_is_due();
    if (is_exhausted() && idle_.size() == connections_.size()) break;
    wait();
  }
  done_ = true;
}

void PublisherPool::send_what_is_due() {
  while (outcome_ && !idle_.empty() && !is_exhausted() && window_is_open()) {
    if (pace_.rate > 0) {
      const auto late = steady_ns() - due_ns();
      if (late < 0) return;
      latest_ns_ = std::max(latest_ns_, late);
    }
    Connection& connection = *idle_.back();
    idle_.pop_back();
    if (!send_next(connection)) idle_.push_back(&connection);
  }
}

bool PublisherPool::is_exhausted() const {
  return stopping_ || sent_ >= pace_.events;
}

bool PublisherPool::window_is_open() const {
  return pace_.window == 0 || book_.issued() + pace_.batch <= completed_ + pace_.window;
}

std::int64_t PublisherPool::due_ns() const {
  return begin_ns_ + static_cast<std::int64_t>(static_cast<double>(sent_) * 1e9 / pace_.rate);
}

// False when there was nothing left to send.
bool PublisherPool::send_next(Connection& connection) {
  const auto count = std::min<std::uint64_t>(pace_.batch, pace_.events - sent_);
  tickets_.clear();
  while (tickets_.size() < count) {
    const auto ticket = book_.issue();
    if (!ticket) break;
    tickets_.push_back(*ticket);
  }
  if (tickets_.size() < count) stopping_ = true;
  if (tickets_.empty()) return false;
  request_.clear();
  if (pace_.batch > 1) {
    target_.append_batch(request_, tickets_);
  } else {
    target_.append_publish(request_, tickets_.front());
  }
  sent_ += tickets_.size();
  connection.events = tickets_.size();
  connection.sent_ns = tickets_.front().sent_ns;
  if (!send_all(connection.fd.get(), request_)) fail("the server closed a publishing connection");
  return true;
}

void PublisherPool::wait() {
  std::array<epoll_event, 64> ready;
  timespec timeout{0, 20'000'000};
  if (pace_.rate > 0 && !idle_.empty() && !is_exhausted()) {
    timeout.tv_nsec = std::clamp<std::int64_t>(due_ns() - steady_ns(), 0, timeout.tv_nsec);
  }
  if (!window_is_open()) {
    waits_for_window_ = true;
    if (window_is_open()) return;
  }
  const int count =
      epoll_pwait2(epoll_.get(), ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    auto* const connection = static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
    if (connection != nullptr) {
      read(*connection);
    } else {
      wake_.take();
    }
  }
}

void PublisherPool::read(Connection& connection) {
  static std::array<char, 65536> buffer;
  const auto size = ::recv(connection.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) return fail("the server closed a publishing connection");
  std::string_view received(buffer.data(), static_cast<std::size_t>(size));
  if (!connection.partial.empty()) received = connection.partial += received;
  const auto reply = find_reply(received);
  if (!reply) {
    if (connection.partial.empty()) connection.partial = received;
    return;
  }
  if (!target_.is_accepted(reply->status, reply->body, connection.events)) {
    return fail("the server did not take an event: " +
                std::string(reply->head.substr(0, reply->head.find('\r'))) + " " +
                std::string(reply->body.substr(0, 200)));
  }
  answer_times_.add(steady_ns() - connection.sent_ns);
  connection.partial.clear();
  idle_.push_back(&connection);
}

void PublisherPool::fail(std::string what) {
  if (outcome_ && !abandoned_) outcome_ = Error{ErrorCode::kUnavailable, std::move(what)};
}

}  // namespace sse::bench
