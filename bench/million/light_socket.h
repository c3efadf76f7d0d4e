#pragma once

/// \file
/// Sockets in memory, for very many: the hub's end is as large as net::TcpSocket, and the peer's
/// end is a tally of what it received.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse/net/loop.h"
#include "sse/net/socket.h"

#include "million/stream_text.h"

namespace sse::bench {

class LightSocket;

/// One subscriber: what it received, checked as it came.
struct LightPeer {
  LightSocket* socket = nullptr;  ///< null once the hub's end is closed
  std::uint64_t topic = 0;        ///< the topic_hash() of its filter; 0: it wants every event
  std::uint32_t last = 0;         ///< sequence of its newest event
  std::uint32_t events = 0;
  std::uint32_t heartbeats = 0;
  std::uint16_t request = 0;  ///< which of the crowd's requests it sends
  bool has_asked = false;
  bool is_closing = false;  ///< it was told sse.closing
  bool saw_end = false;
  bool is_deaf = false;  ///< it takes nothing
};

/// What all peers of a crowd have in common. Loop-affine.
struct LightNetwork {
  std::vector<std::string> requests;
  StreamReader reader;
  bool is_watched = true;         ///< else what is sent is not read
  std::vector<LightPeer*> ended;  ///< saw the hub's FIN, and owe it theirs
  std::uint64_t sends = 0;
  std::uint64_t bytes = 0;
  std::uint64_t wrong = 0;  ///< broken, lost, doubled, out of order, or not asked for
};

/// Takes everything at once, unless its peer is deaf. Loop-affine.
class LightSocket final : public net::Socket {
 public:
  LightSocket(LightNetwork& network, LightPeer& peer);
  ~LightSocket() override;

  bool attach(net::Loop& loop, net::ReadyHandler& handler) override;
  net::IoResult read(std::span<char> into) override;
  net::IoResult write(std::span<const iovec> pieces) override;
  void shutdown_write() override;
  std::string peer() const override { return "127.0.0.1:1"; }

  /// The peer has done something: the hub is told.
  void tell(net::Readiness readiness) { handler_->on_ready(readiness); }

 private:
  void take(std::span<const iovec> pieces);

  LightNetwork& network_;
  LightPeer& peer_;
  net::Loop* loop_ = nullptr;
  net::ReadyHandler* handler_ = nullptr;
};

}  // namespace sse::bench
