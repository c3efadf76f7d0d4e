#pragma once

/// \file
/// The hub: streams on N loops over one log. Knows nothing of HTTP or metrics.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/random.h"
#include "sse/hub/filter.h"
#include "sse/hub/publisher.h"
#include "sse/log/event_log.h"
#include "sse/log/start.h"

namespace sse::net {
class Loop;
class LoopPool;
class Socket;
}  // namespace sse::net

namespace sse::hub {

class FanOutLoop;
class StreamRegistry;

enum class WhenFull { kEvictOldest, kReject };

/// Limits and intervals of all streams; sse-serve has a flag of the same name for each.
struct HubOptions {
  std::size_t max_clients = 10'000;
  WhenFull when_full = WhenFull::kEvictOldest;
  std::uint64_t max_lag = 8U << 20U;  ///< bytes behind while blocked, once caught up
  std::chrono::nanoseconds slow_after = std::chrono::seconds(30);
  std::chrono::nanoseconds heartbeat = std::chrono::seconds(15);  ///< 0: none
  std::chrono::nanoseconds retry = std::chrono::seconds(2);
};

enum class Refusal { kFull, kDraining };

/// A stream about to start: the socket, what is sent before anything else, and where it begins.
struct StreamOpening {
  std::unique_ptr<net::Socket> socket;
  std::string head;  ///< response head bytes
  log::Start start;
  std::unique_ptr<const Filter> filter;  ///< null: everything
};

/// Thread-safe but for open_stream().
class SSE_EXPORT Hub {
 public:
  Hub(net::LoopPool& loops, log::EventLog& log, const HubOptions& options, RandomSource& random);
  ~Hub();

  Publisher& publisher();
  log::EventLog& log();
  const HubOptions& options() const;

  /// Whether a stream may open now; asked before the answer's status is chosen.
  std::optional<Refusal> refusal() const;

  /// Starts a stream: sends the head, `retry:`, a gap, the replay, then lives. On the thread of
  /// `loop`, which the socket is attached to. False when the last place was taken since refusal():
  /// the socket is untouched.
  bool open_stream(net::Loop& loop, StreamOpening&& opening);

  /// Streams open now.
  std::size_t stream_count() const;

  /// How long to tell a refused subscriber to stay away: 10 to 30 s, spread.
  std::chrono::milliseconds refusal_retry();

  /// Publishing is refused from now on; each stream is fed to the end of the log, told
  /// `sse.closing` (reason shutdown) and closed; what is left at `deadline` after now is cut.
  /// `done` runs on one of the loops.
  void drain(std::chrono::nanoseconds deadline, std::function<void()> done);
};

}  // namespace sse::hub
