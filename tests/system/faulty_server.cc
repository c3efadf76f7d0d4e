#include "system/faulty_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "support/catch.h"

namespace sse::test {
namespace {

constexpr std::size_t kWrongEvent = 5;

std::string block_of(std::size_t id, const std::string& data) {
  return "id: " + std::to_string(id) + "\ndata: " + data + "\n\n";
}

void send_to(const UniqueFd& fd, const std::string& bytes) {
  if (fd.is_open()) ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

}  // namespace

FaultyServer::FaultyServer(Mistake mistake, std::size_t stream)
    : mistake_(mistake),
      wrong_stream_(stream),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::listen(listener_.get(), SOMAXCONN) == 0);
  REQUIRE(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FaultyServer::~FaultyServer() {
  stopping_ = true;
  thread_.join();
}

void FaultyServer::run() {
  constexpr int kLookAtStoppingMs = 10;
  while (!stopping_) {
    std::vector<pollfd> polled{{listener_.get(), POLLIN, 0}};
    for (const auto& connection : connections_) polled.push_back({connection.fd.get(), POLLIN, 0});
    ::poll(polled.data(), polled.size(), kLookAtStoppingMs);
    for (std::size_t i = connections_.size(); i > 0; --i) {
      if (polled[i].revents == 0) continue;
      take(connections_[i - 1]);
      if (!connections_[i - 1].fd.is_open()) {
        connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i - 1));
      }
    }
    if (polled[0].revents != 0) {
      connections_.push_back({UniqueFd(::accept(listener_.get(), nullptr, nullptr)), {}});
    }
  }
}

// Reads what came; a stream's connection is moved to the others, one that ended is closed.
void FaultyServer::take(Connection& connection) {
  constexpr std::string_view kEndOfHead = "\r\n\r\n";
  constexpr std::string_view kLength = "Content-Length: ";
  std::array<char, 4096> buffer;
  const auto size = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
  if (size <= 0) return connection.fd.reset();
  auto& text = connection.received.append(buffer.data(), static_cast<std::size_t>(size));
  const auto end = text.find(kEndOfHead);
  if (end == std::string::npos) return;
  if (text.starts_with("GET ")) {
    send_to(connection.fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    streams_.push_back(std::move(connection.fd));
    return;
  }
  const auto begin = end + kEndOfHead.size();
  const auto length = std::stoul(text.substr(text.find(kLength) + kLength.size()));
  if (text.size() < begin + length) return;
  publish(text.substr(begin, length));
  text.clear();
  send_to(connection.fd, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
}

void FaultyServer::publish(const std::string& data) {
  const auto block = block_of(++published_, data);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (mistake_ == Mistake::kLoseAll && published_ == kWrongEvent) continue;
    if (i != wrong_stream_) {
      send_to(streams_[i], block);
    } else {
      for (const auto& sent : blocks_for(i, block)) send_to(streams_[i], sent);
    }
  }
}

std::vector<std::string> FaultyServer::blocks_for(std::size_t stream, const std::string& block) {
  if (published_ == kWrongEvent + 1 && mistake_ == Mistake::kReorder) return {block, held_back_};
  if (published_ != kWrongEvent) return {block};
  const auto data = block.substr(block.find('\n'));
  switch (mistake_) {
    case Mistake::kLose:
      return {};
    case Mistake::kRepeat:
      return {block, block};
    case Mistake::kReorder:
      held_back_ = block;
      return {};
    case Mistake::kInvent:
      return {block_of(published_, "77"), block};
    case Mistake::kChangeId:
      return {"id: 99" + data};
    case Mistake::kClose:
      streams_[stream].reset();
      return {};
    case Mistake::kNone:
    case Mistake::kLoseAll:
      break;
  }
  return {block};
}

}  // namespace sse::test
