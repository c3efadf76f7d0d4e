#pragma once

/// \file
/// A connection with the streams that it carries: one over HTTP/1.1, many over HTTP/2.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "channel.h"
#include "checked_stream.h"
#include "target.h"

namespace sse::bench {

/// Thread-compatible.
class Carrier {
 public:
  virtual ~Carrier() = default;

  /// Sends the requests of its streams. False: the connection broke.
  virtual bool begin() = 0;
  /// Reads what is there, and checks it. False: the connection has ended, and the streams that were
  /// left on it were counted as ended.
  virtual bool read() = 0;
};

/// One stream. `witness` and `stream` outlive it.
std::unique_ptr<Carrier> carry_one(std::unique_ptr<Channel> channel, WatchRequest request,
                                   CheckedStream& stream, Witness& witness);

/// A stream for each request, all of them over HTTP/2 (RFC 9113), with prior knowledge or as the
/// channel has agreed. Windows are those of a browser: 6 MiB for a stream, 15 MiB for all.
std::unique_ptr<Carrier> carry_many(std::unique_ptr<Channel> channel,
                                    const std::vector<WatchRequest>& requests,
                                    std::span<CheckedStream> streams, Witness& witness);

}  // namespace sse::bench
