#include "stream_set.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sse::bench {
namespace {

constexpr std::size_t kReadSize = 256U << 10U;
constexpr std::size_t kPerSourceAddress = 10'000;
constexpr std::size_t kConnectsBetweenReads = 64;
constexpr std::chrono::seconds kOpeningPatience{30};
constexpr std::uint32_t kFirstSource = (127U << 24U) | (1U << 8U) | 1U;  // 127.0.1.1

/// Where the first blank line of `earlier` and `bytes` together ends in `bytes`; npos: there is
/// none.
std::size_t end_of_block(std::string_view earlier, std::string_view bytes) {
  if (earlier.ends_with('\n') && bytes.starts_with('\n')) return 1;
  const auto at = bytes.find("\n\n");
  return at == std::string_view::npos ? at : at + 2;
}

/// A block without the comments and the `retry:` that stand before it: streams have them at
/// different places.
std::string_view without_comments(std::string_view block) {
  while (block.starts_with(':') || block.starts_with("retry: ")) {
    block.remove_prefix(block.find('\n') + 1);
  }
  return block;
}

}  // namespace

StreamSet::StreamSet(const Target& target, const TicketBook& book, std::size_t count)
    : target_(target), epoll_(epoll_create1(EPOLL_CLOEXEC)), streams_(count) {
  const auto topics = target.topics();
  for (std::size_t topic = 0; topic < topics; ++topic) {
    const auto followers = count / topics + (topic < count % topics ? 1 : 0);
    timelines_.emplace_back(target, book, topic, followers, seen_);
  }
}

Status StreamSet::open(bool resuming, std::size_t waiting) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto connected = connect(i, resuming);
    if (!connected) return connected;
    if (i % kConnectsBetweenReads == 0) read(std::chrono::milliseconds(0));
    while (waiting > 0 && i + 1 - open_ >= waiting && is_well()) {
      read(std::chrono::milliseconds(10));
    }
  }
  const auto until = std::chrono::steady_clock::now() + kOpeningPatience;
  while (open_ < streams_.size() && is_well()) {
    read(std::chrono::milliseconds(100));
    if (std::chrono::steady_clock::now() > until) {
      return Error{ErrorCode::kUnavailable, std::to_string(streams_.size() - open_) +
                                                " streams got no answer for " +
                                                std::to_string(kOpeningPatience.count()) + " s"};
    }
  }
  if (!refusal_.empty()) {
    return Error{ErrorCode::kUnavailable, "the server refused a stream: " + refusal_};
  }
  if (seen_.ended > 0) return Error{ErrorCode::kUnavailable, "the server closed a stream"};
  return {};
}

Status StreamSet::connect(std::size_t index, bool resuming) {
  Stream& stream = streams_[index];
  const auto topic = index % target_.topics();
  stream.timeline = &timelines_[topic];
  stream.fd.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr =
      htonl(kFirstSource + static_cast<std::uint32_t>(index / kPerSourceAddress));
  sockaddr_in server = source;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(target_.port());
  const int one = 1;
  ::setsockopt(stream.fd.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  const std::string request = target_.watch_request(topic, resuming);
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
  const auto size = ::recv(stream.fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    ++seen_.ended;
    stream.fd.reset();
    return;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
  take(stream, bytes, steady_ns());
}

void StreamSet::take(Stream& stream, std::string_view bytes, std::int64_t now_ns) {
  if (!stream.has_head) take_head(stream, bytes);
  seen_.bytes += bytes.size();
  if (!stream.is_chunked) return take_text(stream, bytes, now_ns);
  for (auto text = stream.chunks.next(bytes); !text.empty(); text = stream.chunks.next(bytes)) {
    take_text(stream, text, now_ns);
  }
  if (stream.chunks.is_broken()) ++seen_.wrong_chunks;
}

void StreamSet::take_text(Stream& stream, std::string_view bytes, std::int64_t now_ns) {
  while (!bytes.empty()) {
    if (stream.partial.empty()) {
      bytes.remove_prefix(stream.timeline->match(stream.place, bytes, now_ns));
      if (bytes.empty()) return;
    }
    const auto end = end_of_block(stream.partial, bytes);
    if (end == std::string_view::npos) {
      stream.partial += bytes;
      return;
    }
    if (stream.partial.empty()) {
      stream.timeline->take(stream.place, without_comments(bytes.substr(0, end)), now_ns);
    } else {
      stream.partial += bytes.substr(0, end);
      stream.timeline->take(stream.place, without_comments(stream.partial), now_ns);
      stream.partial.clear();
    }
    bytes.remove_prefix(end);
  }
}

void StreamSet::take_head(Stream& stream, std::string_view& bytes) {
  constexpr std::string_view kEndOfHead = "\r\n\r\n";
  const auto earlier = stream.partial.size();
  stream.partial += bytes;
  const auto end = stream.partial.find(kEndOfHead);
  if (end == std::string::npos) {
    bytes = {};
    return;
  }
  bytes.remove_prefix(end + kEndOfHead.size() - earlier);
  const bool is_stream = stream.partial.find(" 200 ") == stream.partial.find(' ') &&
                         stream.partial.find("text/event-stream") < end &&
                         stream.partial.find("SSE-Refused") > end;
  if (!is_stream && refusal_.empty())
    refusal_ = stream.partial.substr(0, stream.partial.find('\r'));
  stream.is_chunked = stream.partial.find("\r\nTransfer-Encoding: chunked\r\n") < end;
  stream.partial.clear();
  stream.partial.shrink_to_fit();
  stream.has_head = true;
  ++open_;
}

std::uint64_t StreamSet::completed() const {
  std::uint64_t sum = 0;
  for (const auto& timeline : timelines_) sum += timeline.completed();
  return sum;
}

}  // namespace sse::bench
