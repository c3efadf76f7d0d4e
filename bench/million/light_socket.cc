#include "million/light_socket.h"

#include <algorithm>

#include "sse/net/tcp_socket.h"

namespace sse::bench {

// What a stream costs here, it costs on a real socket, too.
static_assert(sizeof(LightSocket) == sizeof(net::TcpSocket));

LightSocket::LightSocket(LightNetwork& network, LightPeer& peer) : network_(network), peer_(peer) {
  peer_.socket = this;
}

LightSocket::~LightSocket() {
  peer_.socket = nullptr;
  if (loop_ != nullptr) loop_->count_attached(-1);
}

bool LightSocket::attach(net::Loop& loop, net::ReadyHandler& handler) {
  if (loop_ == nullptr) loop.count_attached(+1);
  loop_ = &loop;
  handler_ = &handler;
  return true;
}

net::IoResult LightSocket::read(std::span<char> into) {
  if (peer_.saw_end) return {net::IoStatus::kPeerGone, 0};
  if (peer_.has_asked) return {net::IoStatus::kWouldBlock, 0};
  const std::string& request = network_.requests[peer_.request];
  std::copy(request.begin(), request.end(), into.begin());
  peer_.has_asked = true;
  return {net::IoStatus::kOk, request.size()};
}

net::IoResult LightSocket::write(std::span<const iovec> pieces) {
  ++network_.sends;
  if (peer_.is_deaf) return {net::IoStatus::kWouldBlock, 0};
  std::size_t bytes = 0;
  for (const auto& piece : pieces) bytes += piece.iov_len;
  network_.bytes += bytes;
  if (network_.is_watched) take(pieces);
  return {net::IoStatus::kOk, bytes};
}

void LightSocket::take(std::span<const iovec> pieces) {
  std::string together;
  std::string_view bytes(static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len);
  if (pieces.size() > 1) {
    for (const auto& piece : pieces) {
      together.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    }
    bytes = together;
  }
  const StreamText& text = network_.reader.read(bytes);
  peer_.heartbeats += text.heartbeats;
  peer_.is_closing = peer_.is_closing || text.closings > 0;
  bool is_right = !text.is_broken && text.gaps == 0 && text.is_ascending;
  if (text.events > 0) {
    const std::uint64_t next = peer_.last + std::uint64_t{1};
    const bool is_whole = text.first == next && text.last - text.first + 1 == text.events;
    const bool is_wanted = text.topics == peer_.topic && text.first >= next;
    is_right = is_right && (peer_.topic == 0 ? is_whole : is_wanted);
    peer_.last = static_cast<std::uint32_t>(text.last);
    peer_.events += text.events;
  }
  if (!is_right) ++network_.wrong;
}

void LightSocket::shutdown_write() {
  peer_.saw_end = true;
  network_.ended.push_back(&peer_);
}

}  // namespace sse::bench
