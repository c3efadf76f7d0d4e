#pragma once

#include <charconv>
#include <string_view>

namespace sse::http {

/// A peer as net::Socket::peer() has it, in its parts.
struct PeerText {
  std::string_view address;  ///< without brackets, or a word (`unix`)
  int port = 0;
};

/// `peer`: `address:port`, with the address in brackets when it is IPv6; else a word.
inline PeerText split_peer(std::string_view peer) {
  PeerText parts;
  const auto colon = peer.rfind(':');
  parts.address = peer.substr(0, colon);
  if (colon != std::string_view::npos) {
    std::from_chars(peer.data() + colon + 1, peer.data() + peer.size(), parts.port);
  }
  if (parts.address.starts_with('[')) {
    parts.address = parts.address.substr(1, parts.address.size() - 2);
  }
  return parts;
}

}  // namespace sse::http
