#pragma once

/// \file
/// Requests to a server of this machine.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/unique_fd.h"

namespace sse::bench {

/// An answer inside the bytes that were received.
struct ReplyView {
  int status = 0;
  std::string_view head;
  std::string_view body;
  std::size_t size = 0;  ///< of head and body together
};

/// The whole answer that `received` starts with; nullopt: more is to come.
std::optional<ReplyView> find_reply(std::string_view received);

struct Reply {
  int status = 0;  ///< 0: the connection broke
  std::string head;
  std::string body;

  /// A field's value; empty when there is none.
  std::string field(std::string_view name) const;
};

/// A kept connection to 127.0.0.1; one request at a time. Thread-compatible.
class Requests {
 public:
  explicit Requests(std::uint16_t port);

  /// `fields`: whole header lines to add to the usual ones.
  Reply post(std::string_view path, std::string_view body, std::string_view fields = {});
  /// Sends a request as it is, and waits for the answer.
  Reply exchange(std::string_view request);

 private:
  UniqueFd fd_;
};

/// A socket that is connected to `port` of 127.0.0.1, or closed. Who waits for bytes that do not
/// come gets an error after 30 s.
UniqueFd connect_to(std::uint16_t port);

/// Sends all of it, waiting when it must. False when the connection broke.
bool send_all(int fd, std::string_view bytes);

}  // namespace sse::bench
