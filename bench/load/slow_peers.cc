#include "slow_peers.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "request.h"
#include "ticket_book.h"

namespace sse::bench {
namespace {

// Below this a turn is not worth a system call for each of a thousand sockets.
constexpr std::uint64_t kLeastBytes = 128;

std::vector<UniqueFd> open(const Target& target, std::size_t count) {
  const auto request = target.watch_request(0, false).text();
  std::vector<UniqueFd> peers;
  for (std::size_t i = 0; i < count; ++i) {
    UniqueFd peer = connect_to(target.port());
    if (peer.is_open() && send_all(peer.get(), request)) {
      peers.push_back(std::move(peer));
    }
  }
  return peers;
}

}  // namespace

SlowPeers::SlowPeers(const Target& target, std::size_t deaf, std::size_t trickling,
                     std::uint64_t bytes_a_second)
    : bytes_a_second_(bytes_a_second),
      begin_(steady_ns()),
      deaf_(open(target, deaf)),
      trickling_(open(target, trickling)) {
}

void SlowPeers::read() {
  static std::array<char, 65536> buffer;
  const auto seconds = static_cast<double>(steady_ns() - begin_) / 1e9;
  const auto due = static_cast<std::uint64_t>(seconds * static_cast<double>(bytes_a_second_));
  if (due < bytes_read_each_ + kLeastBytes) return;
  const auto portion = std::min<std::uint64_t>(due - bytes_read_each_, buffer.size());
  bytes_read_each_ = due;
  for (auto& peer : trickling_) {
    if (!peer.is_open()) continue;
    const auto bytes = ::recv(peer.get(), buffer.data(), portion, MSG_DONTWAIT);
    if (bytes != 0) continue;  // some, or none for now
    ++closed_;
    peer.reset();
  }
}

}  // namespace sse::bench
