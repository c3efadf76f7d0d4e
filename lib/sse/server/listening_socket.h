#pragma once

#include <string>

namespace sse::server {

/// What a hub listens on. A value; the descriptor is its listener's.
struct ListeningSocket {
  std::string use;   ///< `main`, `admin` or `plain`
  std::string bind;  ///< as it was asked for
  int fd = -1;
};

}  // namespace sse::server
