#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sse/http/request.h"
#include "sse/http/server.h"
#include "sse/net/socket.h"

namespace sse::http {

/// A connection that has come, before its first request.
struct Newcomer {
  std::unique_ptr<net::Socket> socket;
  std::string peer;  ///< as net::Socket::peer() has it
  Entrance entrance = Entrance::kMain;
  Transport transport = Transport::kPlain;
  bool is_proxied = false;        ///< a PROXY header says that it is not the proxy's own
  bool is_misplaced = false;      ///< it speaks plain HTTP where TLS is spoken
  net::Readiness readiness = {};  ///< reported of the socket before
};

}  // namespace sse::http
