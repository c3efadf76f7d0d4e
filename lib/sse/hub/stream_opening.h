#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sse/base/clock.h"
#include "sse/base/identity.h"
#include "sse/hub/filter.h"
#include "sse/log/reader.h"
#include "sse/log/start.h"
#include "sse/net/socket.h"
#include "sse/wire/event_id.h"

namespace sse::hub {

/// Whether a stream has blocks that hold an id and nothing else (docs/stream.md, `ids`).
enum class Ids : std::uint8_t {
  kAll,
  kEvents,  ///< ids of events only: some clients dispatch an empty message for an id alone
};

/// A stream about to start: its socket, and where it begins.
struct StreamOpening {
  std::unique_ptr<net::Socket> socket;  ///< what is written to it is the stream's text
  log::Start start;
  wire::EventId log_head;        ///< the head that the subscriber was sent: where its replay ends
  std::uint64_t generation = 0;  ///< of the view that both were taken from
  std::unique_ptr<const Filter> filter;  ///< null: everything
  Ids ids = Ids::kAll;
  std::chrono::nanoseconds every{0};  ///< not 0: it is conflated, and sent this seldom
  std::string comments;               ///< whole comment lines of the greeting
  SharedIdentity identity;            ///< whose it is; null where no credentials are asked for
  std::shared_ptr<const void> held;   ///< goes when the stream does; null without an identity
  std::optional<BootTime> expires;    ///< when its credential ends, and it with that

  bool has_replay() const { return start.cursor.next <= log_head.sequence(); }

  /// Whether what take_reader() returns is conflated at first.
  bool is_conflated() const { return every.count() > 0 || (start.newest_of_each && has_replay()); }

  /// The stream's first lines: `retry:`, a gap, and the head's id where there is no replay.
  std::string greeting(std::chrono::milliseconds reconnection_time) const;

  /// After which event an id-only block ends the replay; none where there is no such block.
  std::optional<wire::EventId> replay_end() const;

  /// What reads the log for the stream. Takes the filter.
  log::Reader take_reader();
};

}  // namespace sse::hub
