#include "stream_set.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace sse::bench {
namespace {

constexpr std::size_t kReadSize = 256U << 10U;
constexpr std::size_t kPerSourceAddress = 10'000;
constexpr std::size_t kMaxLatencies = 5'000'000;
constexpr std::uint32_t kFirstSource = (127U << 24U) | (1U << 8U) | 1U;  // 127.0.1.1

// The sequence of an event id: its last 12 hex digits.
std::uint64_t sequence_of(std::string_view id_line) {
  std::uint64_t sequence = 0;
  const auto digits = id_line.substr(id_line.size() - 12);
  std::from_chars(digits.data(), digits.data() + digits.size(), sequence, 16);
  return sequence;
}

}  // namespace

std::int64_t steady_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

struct StreamSet::Stream {
  UniqueFd fd;
  bool live = false;           // its first id has come
  std::uint64_t sequence = 0;  // of the last id
  bool id_is_new = false;      // an id line came and its data line has not
  std::uint64_t received = 0;
  std::string partial;  // of a line
};

StreamSet::StreamSet(std::uint16_t port, std::size_t count, std::string target,
                     std::optional<std::uint64_t> resume_after)
    : port_(port),
      target_(std::move(target)),
      resume_after_(resume_after),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      streams_(count) {
}

StreamSet::~StreamSet() = default;

Status StreamSet::open() {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto connected = connect_one(i);
    if (!connected) return connected;
    if (i % 64 == 63) read(std::chrono::milliseconds(0));
  }
  while (live_ < streams_.size()) {
    if (seen_.ended > 0) return Error{ErrorCode::kUnavailable, "the server closed a stream"};
    read(std::chrono::milliseconds(100));
  }
  return {};
}

Status StreamSet::connect_one(std::size_t index) {
  streams_[index] = std::make_unique<Stream>();
  Stream& stream = *streams_[index];
  stream.fd.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr =
      htonl(kFirstSource + static_cast<std::uint32_t>(index / kPerSourceAddress));
  sockaddr_in server = source;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(port_);
  const int one = 1;
  ::setsockopt(stream.fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  const std::string request =
      "GET " + target_ + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n";
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &stream;
  if (!stream.fd.is_open() ||
      ::bind(stream.fd.get(), reinterpret_cast<sockaddr*>(&source), sizeof source) != 0 ||
      ::connect(stream.fd.get(), reinterpret_cast<sockaddr*>(&server), sizeof server) != 0 ||
      ::send(stream.fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0 ||
      epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, stream.fd.get(), &event) != 0) {
    return Error{ErrorCode::kIo, "stream " + std::to_string(index) + ": " + std::strerror(errno)};
  }
  return {};
}

void StreamSet::read(std::chrono::milliseconds wait) {
  std::array<epoll_event, 512> ready;
  const int count = epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()),
                               static_cast<int>(wait.count()));
  for (int i = 0; i < count; ++i) {
    read_one(*static_cast<Stream*>(ready[static_cast<std::size_t>(i)].data.ptr));
  }
}

void StreamSet::read_one(Stream& stream) {
  static std::array<char, kReadSize> buffer;
  const auto bytes = ::recv(stream.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (bytes < 0 && errno == EAGAIN) return;
  if (bytes <= 0) {
    ++seen_.ended;
    stream.fd.reset();
    return;
  }
  seen_.bytes += static_cast<std::uint64_t>(bytes);
  std::string_view text(buffer.data(), static_cast<std::size_t>(bytes));
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
      stream.partial += text;
      return;
    }
    if (stream.partial.empty()) {
      take_line(stream, text.substr(0, end));
    } else {
      stream.partial += text.substr(0, end);
      take_line(stream, stream.partial);
      stream.partial.clear();
    }
    text.remove_prefix(end + 1);
  }
}

void StreamSet::take_line(Stream& stream, std::string_view line) {
  if (line.substr(0, 4) == "id: ") {
    const auto sequence = sequence_of(line);
    if (!stream.live && resume_after_) {
      stream.live = true;
      stream.sequence = *resume_after_;
      ++live_;
    }
    if (stream.live && sequence != stream.sequence && sequence != stream.sequence + 1) {
      ++seen_.out_of_order;
    }
    stream.id_is_new = !stream.live || sequence != stream.sequence;
    if (stream.live && !stream.id_is_new) ++seen_.control;
    stream.sequence = sequence;
    if (!stream.live) {
      stream.live = true;
      stream.id_is_new = false;
      ++live_;
    }
  } else if (line.substr(0, 6) == "data: ") {
    if (!stream.id_is_new) {
      ++seen_.control;
      return;
    }
    stream.id_is_new = false;
    ++stream.received;
    ++seen_.deliveries;
    if (seen_.latencies_us.size() < kMaxLatencies) {
      std::int64_t sent_ns = 0;
      std::from_chars(line.data() + 6, line.data() + line.size(), sent_ns);
      const auto late = std::max<std::int64_t>(0, steady_ns() - sent_ns) / 1000;
      seen_.latencies_us.push_back(static_cast<std::uint32_t>(late));
    }
  }
}

std::uint64_t StreamSet::received_by_all() const {
  std::uint64_t least = UINT64_MAX;
  for (const auto& stream : streams_) least = std::min(least, stream->received);
  return least;
}

}  // namespace sse::bench
