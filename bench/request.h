#pragma once

/// \file
/// Requests to a hub of this machine: one connection, one at a time.

#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/unique_fd.h"

namespace sse::bench {

struct Reply {
  int status = 0;  ///< 0: the connection broke
  std::string head;
  std::string body;

  /// A field's value; empty when there is none.
  std::string field(std::string_view name) const;
};

/// A kept connection to 127.0.0.1. Thread-compatible.
class Requests {
 public:
  explicit Requests(std::uint16_t port);

  Reply post(std::string_view target, std::string_view body,
             std::string_view type = "application/json");

 private:
  UniqueFd fd_;
};

/// A socket that is connected to `port` of 127.0.0.1, or closed. `receive_buffer`: 0 leaves it to
/// the kernel.
UniqueFd connect_to(std::uint16_t port, int receive_buffer = 0);

/// As many descriptors as the hard limit allows.
void raise_descriptor_limit();

}  // namespace sse::bench
