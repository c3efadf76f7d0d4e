#pragma once

/// \file
/// What another process needs to go on with a connection in the middle of what it was being sent.

#include <cstdint>
#include <string>

namespace sse::net {

/// A socket as it is handed to another process. A value.
struct HandedSocket {
  int fd = -1;       ///< the connection's own; it stays with its socket
  std::string peer;  ///< where the kernel does not know it, as behind a proxy; else empty
  std::string head;  ///< bytes of the answer's head that were not taken; empty: all were
  bool is_chunked = false;
  // Of a chunk that is open: what was not taken of it, its size line and its line end.
  std::uint32_t chunk_left = 0;
  std::uint8_t header_left = 0;
  std::uint8_t tail_left = 0;
};

}  // namespace sse::net
