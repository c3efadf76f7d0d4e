#pragma once

/// \file
/// What a hub hands to the process that takes it over, and the parts that it is sent in
/// (takeover/giver.h).

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/gate/idempotency.h"
#include "sse/hub/handed_stream.h"
#include "sse/log/carried_log.h"
#include "sse/takeover/channel.h"
#include "sse/wire/event_id.h"

namespace sse::server {

/// A stream with its connection, of which this process has a descriptor of its own.
struct CarriedStream {
  hub::HandedStream stream;
  UniqueFd fd;
};

struct Carried {
  wire::EventId head;                  ///< of the log: cursors are up to the event after it
  std::optional<log::CarriedLog> log;  ///< of a log in memory
  std::optional<gate::Idempotency::Carried> keys;  ///< the same
  std::string tickets;  ///< gate/ticket_text.h; empty where none are made
  std::vector<CarriedStream> streams;
};

/// Takes in a part. Error: kInvalid, it cannot be read; the text says what.
SSE_EXPORT Status add_part(takeover::Message&& message, Carried& carried);

/// Gives each chunk of the log to `sink`, in order, and ends with its first error.
using ChunkSink = std::function<Status(std::string_view chunk)>;
using ChunkSource = std::function<Status(const ChunkSink& sink)>;

/// Sends `carried`. In place of the chunks of its log those that `chunks` makes are sent, so that
/// only some are in memory at a time; the descriptor of a stream is taken from its `stream.socket`,
/// and its `fd` is not looked at. Errors: those of takeover::Channel::send().
SSE_EXPORT Status send_parts(const Carried& carried, const ChunkSource& chunks,
                             takeover::Channel& channel);

}  // namespace sse::server
