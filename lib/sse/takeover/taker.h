#pragma once

/// \file
/// The new process's side of a takeover; giver.h has the order.

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/takeover/channel.h"
#include "sse/takeover/messages.h"

namespace sse::takeover {

/// An offer with its sockets.
struct Offered {
  Offer offer;
  std::vector<UniqueFd> descriptors;  ///< of offer.listeners, in order
};

/// One attempt. Each error ends it, and the old process then serves on; so does the destruction of
/// this before take(). Thread-compatible.
class SSE_EXPORT Taker {
 public:
  /// `patience`: for each of the steps below.
  explicit Taker(Channel channel, std::chrono::nanoseconds patience = std::chrono::seconds(60))
      : channel_(std::move(channel)), patience_(patience) {}

  /// From now on each step ends with an error once `fd` is readable, but for refuse(): so what
  /// comes before take() is not followed by it.
  void cut_off_by(int fd) { channel_.cut_off_by(fd); }

  /// Errors: kForbidden, the old process refuses, or speaks another version; kUnavailable.
  Result<Offered> ask(const Hello& hello);
  /// Has everything of the old process stand still, and visits each part that it sends.
  Status receive(const std::function<Status(Message&&)>& visit);
  /// Whether the old process has given this attempt up. From any thread.
  bool is_left() const { return channel_.is_left(); }
  /// The commit: from then on this process goes on with all that it was given. Error: the old
  /// process has gone on, or may have; nothing that it gave may be touched.
  Status take();
  /// Tells the old process why this one gives up.
  void refuse(const std::string& why);

 private:
  void start_step();

  Channel channel_;
  std::chrono::nanoseconds patience_;
};

}  // namespace sse::takeover
