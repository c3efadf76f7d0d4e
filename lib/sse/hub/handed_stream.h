#pragma once

/// \file
/// A stream on its way from one process to another, which goes on with it to the byte.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/identity.h"
#include "sse/base/ip_address.h"
#include "sse/hub/stream_opening.h"
#include "sse/log/cursor.h"
#include "sse/net/handed_socket.h"
#include "sse/wire/event_id.h"

namespace sse::hub {

/// A value.
struct HandedStream {
  /// The patterns of a Filter.
  struct Patterns {
    std::vector<std::string> types;
    std::vector<std::string> topics;
    std::vector<std::string> last_types;
  };

  net::HandedSocket socket;
  log::Cursor cursor;            ///< in the log, which the other process has, too
  wire::Sequence announced = 0;  ///< see log::Reader
  std::string text;              ///< of the hub's own, to be sent before anything from the log
  std::optional<wire::EventId> replay_end;
  Ids ids = Ids::kAll;
  bool may_owe = false;  ///< see Subscriber
  bool was_caught_up = false;
  std::optional<Patterns> filter;  ///< nullopt: everything
  std::optional<IpAddress> peer;   ///< whose share it counts against; nullopt: a Unix socket
  SharedIdentity identity;         ///< null where no credentials are asked for
  std::optional<BootTime> expires;
  std::uint32_t opened = 0;  ///< seconds since the machine has started
  BootTime unchanged_since;
  std::uint64_t bytes_sent = 0;
};

}  // namespace sse::hub
