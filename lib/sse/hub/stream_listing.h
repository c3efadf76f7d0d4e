#pragma once

/// \file
/// The open streams of all loops, put together.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/mutex.h"
#include "sse/hub/listed_stream.h"
#include "sse/log/cursor.h"
#include "sse/log/view.h"

namespace sse::hub {

class Subscriber;

/// What names a stream while it is open: another one later may have the same. `hash`: with a key
/// that no peer knows, since the id is made of where the stream stands in memory.
std::string stream_id(const Subscriber& subscriber, const KeyedHash& hash);

/// One stream, at this time. `sent`: up to where it has everything that it wants. On its loop's
/// thread.
ListedStream describe(const Subscriber& subscriber, const log::View& view, const log::Cursor& sent,
                      BootTime now);

/// Gathers what each loop lists of its own streams; the loop that comes last has them all. Shared
/// by the loops' tasks. Thread-safe.
class StreamListing {
 public:
  using Done = std::function<void(std::vector<ListedStream>)>;

  /// `parts`: loops. `done` gets the `most` newest streams, newest first, once.
  StreamListing(std::size_t parts, std::size_t most, Done done);

  /// One loop's streams, newest first. The last call calls `done`.
  void add(std::vector<ListedStream> part);

 private:
  const std::size_t most_;
  const Done done_;
  Mutex mutex_;
  std::size_t missing_ SSE_GUARDED_BY(mutex_);
  std::vector<ListedStream> streams_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::hub
