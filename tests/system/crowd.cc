#include "crowd.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "support/catch.h"
#include "support/program.h"

namespace sse::test {
namespace {

enum class Arrival { kSome, kNothing, kEnd };

// What has arrived, without waiting for more.
Arrival receive(int fd, std::string_view& bytes) {
  static std::array<char, 256U << 10U> buffer;
  const auto size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Arrival::kNothing;
  if (size <= 0) return Arrival::kEnd;
  bytes = {buffer.data(), static_cast<std::size_t>(size)};
  return Arrival::kSome;
}

}  // namespace

WatchedStream::WatchedStream(std::uint16_t port, int receive_buffer)
    : connection_(port, receive_buffer) {
  connection_.send("GET /events/watch HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
}

void WatchedStream::read() {
  std::string_view bytes;
  while (!ended_) {
    switch (receive(fd(), bytes)) {
      case Arrival::kSome:
        take(bytes);
        break;
      case Arrival::kNothing:
        return;
      case Arrival::kEnd:
        ended_ = true;
        connection_.close();
    }
  }
}

void WatchedStream::take(std::string_view bytes) {
  if (!has_head_) {
    constexpr std::string_view kEndOfHead = "\r\n\r\n";
    head_ += bytes;
    const auto end = head_.find(kEndOfHead);
    if (end == std::string::npos) return;
    has_head_ = true;
    const RawAnswer answer{200, head_.substr(0, end + kEndOfHead.size()), {}};
    const auto hub_head = wire::EventId::parse(answer.header("SSE-Head"));
    complete_ = head_.starts_with("HTTP/1.1 200 ") && says_chunked(head_) && hub_head;
    if (hub_head) last_ = hub_head->sequence();
    bytes = std::string_view(head_).substr(end + kEndOfHead.size());
  }
  std::string text;
  complete_ = complete_ && chunks_.take(bytes, text) && parser_.push(text);
}

bool WatchedStream::on_event(wire::ReceivedEvent& event) {
  if (event.type == "sse.closing") {
    closing_ = event.data;
    return true;
  }
  const auto id = wire::EventId::parse(event.id);
  complete_ = complete_ && id && id->sequence() == last_ + 1;
  ++last_;
  return true;
}

void Crowd::open(std::size_t count, int receive_buffer) {
  for (std::size_t i = 0; i < count; ++i) streams_.emplace_back(port_, receive_buffer);
  wait_until(
      [this] {
        read();
        return std::all_of(streams_.begin(), streams_.end(),
                           [](const auto& stream) { return stream.is_open(); });
      },
      "all streams to open");
}

void Crowd::read() {
  for (auto& stream : streams_) stream.read();
}

bool Crowd::all_reached(wire::Sequence sequence) const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [&](const auto& stream) { return stream.last() >= sequence; });
}

bool Crowd::all_ended() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& stream) { return stream.has_ended(); });
}

void Poster::post(std::string_view body, std::string_view type) {
  std::string request = "POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ";
  request.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  request.append("\r\n\r\n").append(body);
  waiting_ = true;
  connection_.send(request);
}

std::optional<RawAnswer> Poster::answer() {
  std::string_view bytes;
  const Arrival arrival = receive(connection_.fd(), bytes);
  if (arrival == Arrival::kSome) received_ += bytes;
  const auto end = received_.find("\r\n\r\n");
  if (end != std::string::npos) {
    RawAnswer answer;
    answer.head = received_.substr(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const std::size_t length = std::stoul(answer.header("Content-Length"));
    if (received_.size() >= end + 4 + length) {
      answer.body = received_.substr(end + 4, length);
      received_.erase(0, end + 4 + length);
      waiting_ = false;
      return answer;
    }
  }
  cut_ = arrival == Arrival::kEnd;
  return std::nullopt;
}

wire::EventId accepted_id(const RawAnswer& answer) {
  const auto id = wire::EventId::parse(answer.header("SSE-Event-Id"));
  REQUIRE(id);
  return *id;
}

std::size_t open_streams(std::uint16_t port) {
  constexpr std::string_view kCount = "\"subscribers\":";
  const auto answer = request(port, "POST", "/events", R"({"data":"how many?"})");
  const auto at = answer.body.find(kCount);
  REQUIRE(at != std::string::npos);
  return std::stoul(answer.body.substr(at + kCount.size()));
}

void raise_descriptor_limit() {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

}  // namespace sse::test
