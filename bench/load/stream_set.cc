#include "stream_set.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace sse::bench {
namespace {

constexpr std::size_t kConnectsBetweenReads = 64;
constexpr std::chrono::seconds kOpeningPatience{30};

}  // namespace

std::size_t Transport::connections(std::size_t streams) const {
  const auto each = std::max<std::size_t>(streams_per_connection, 1);
  return (streams + each - 1) / each;
}

StreamSet::StreamSet(const Target& target, const TicketBook& book, std::size_t count,
                     Transport transport)
    : target_(target), transport_(transport), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  const auto topics = target.topics();
  for (std::size_t topic = 0; topic < topics; ++topic) {
    const auto followers = count / topics + (topic < count % topics ? 1 : 0);
    timelines_.emplace_back(target, book, topic, followers, witness_.seen);
  }
  streams_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) streams_.emplace_back(timelines_[i % topics]);
  if (transport.tls) tls_.emplace(transport.streams_per_connection > 0 ? "h2" : "http/1.1");
  carriers_.reserve(transport.connections(count));
}

Status StreamSet::open(bool resuming, std::size_t waiting) {
  const auto each = std::max<std::size_t>(transport_.streams_per_connection, 1);
  for (std::size_t first = 0; first < streams_.size() && is_well(); first += each) {
    auto connected = connect(first, resuming);
    if (!connected) return connected;
    if (carriers_.size() % kConnectsBetweenReads == 1) read(std::chrono::milliseconds(0));
    while (waiting > 0 && first + each - witness_.open >= waiting && is_well()) {
      read(std::chrono::milliseconds(10));
    }
  }
  const auto until = std::chrono::steady_clock::now() + kOpeningPatience;
  while (witness_.open < streams_.size() && is_well()) {
    read(std::chrono::milliseconds(100));
    if (std::chrono::steady_clock::now() > until) {
      return Error{ErrorCode::kUnavailable, std::to_string(streams_.size() - witness_.open) +
                                                " streams got no answer for " +
                                                std::to_string(kOpeningPatience.count()) + " s"};
    }
  }
  if (!witness_.refusal.empty()) {
    return Error{ErrorCode::kUnavailable, "the server refused a stream: " + witness_.refusal};
  }
  if (witness_.seen.ended > 0) {
    return Error{ErrorCode::kUnavailable, "the server closed a stream"};
  }
  return {};
}

Status StreamSet::connect(std::size_t first, bool resuming) {
  const auto number = carriers_.size();
  UniqueFd fd = connect_from(number, target_.port_of(number));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = number;
  if (!fd.is_open() || epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) {
    return Error{ErrorCode::kIo, "stream " + std::to_string(first) + ": " + std::strerror(errno)};
  }
  auto channel = tls_ ? tls_->open(std::move(fd)) : std::make_unique<PlainChannel>(std::move(fd));
  carriers_.push_back(carry(std::move(channel), first, resuming));
  // Reading tells why it broke.
  if (!carriers_.back()->begin()) read(number);
  return {};
}

std::unique_ptr<Carrier> StreamSet::carry(std::unique_ptr<Channel> channel, std::size_t first,
                                          bool resuming) {
  const auto request = [&](std::size_t stream) {
    return target_.watch_request(stream % target_.topics(), resuming);
  };
  if (transport_.streams_per_connection == 0) {
    return carry_one(std::move(channel), request(first), streams_[first], witness_);
  }
  const auto end = std::min(first + transport_.streams_per_connection, streams_.size());
  std::vector<WatchRequest> requests;
  for (auto stream = first; stream < end; ++stream) requests.push_back(request(stream));
  return carry_many(std::move(channel), requests,
                    std::span(streams_).subspan(first, requests.size()), witness_);
}

void StreamSet::read(std::chrono::milliseconds wait) {
  std::array<epoll_event, 512> ready;
  const int count = epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                               static_cast<int>(wait.count()));
  for (int i = 0; i < count; ++i) {
    read(ready[static_cast<std::size_t>(i)].data.u64);
  }
}

void StreamSet::read(std::size_t connection) {
  auto& carrier = carriers_[connection];
  if (carrier && !carrier->read()) carrier.reset();
}

std::uint64_t StreamSet::completed() const {
  std::uint64_t sum = 0;
  for (const auto& timeline : timelines_) sum += timeline.completed();
  return sum;
}

}  // namespace sse::bench
