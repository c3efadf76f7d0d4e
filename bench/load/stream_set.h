#pragma once

/// \file
/// Many streams in one thread, each checked: count, order, duplicates, gaps.

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

#include "chunks.h"
#include "target.h"
#include "ticket_book.h"
#include "timeline.h"

namespace sse::bench {

/// Connects N streams to one server and reads them all. Stream i follows topic i modulo the number
/// of topics. Source addresses are spread over 127.0.1.x, so that more than 28,000 fit.
/// Thread-compatible.
class StreamSet {
 public:
  StreamSet(const Target& target, const TicketBook& book, std::size_t count);

  /// Connects and sends every request; returns when all heads have arrived. Resuming: each asks for
  /// everything since Target::prepare(). At most `waiting` are without an answer at once; 0: no
  /// limit.
  Status open(bool resuming, std::size_t waiting);

  /// Reads what is there, waiting at most `wait`.
  void read(std::chrono::milliseconds wait);

  std::size_t count() const { return streams_.size(); }
  const Seen& seen() const { return seen_; }
  /// Forgets the times so far, for what is measured from now on.
  void forget_latency() { seen_.latency = {}; }
  /// Events that everyone who should have them has had, or has missed for good.
  std::uint64_t completed() const;

 private:
  struct Stream {
    UniqueFd fd;
    Timeline* timeline = nullptr;
    Timeline::Place place = 0;
    Chunks chunks;
    bool has_head = false;
    bool is_chunked = false;
    std::string partial;  // of the head, of an event
  };

  Status connect(std::size_t index, bool resuming);
  bool is_well() const { return seen_.ended == 0 && refusal_.empty(); }
  void read_one(Stream& stream);
  void take(Stream& stream, std::string_view bytes, std::int64_t now_ns);
  void take_text(Stream& stream, std::string_view bytes, std::int64_t now_ns);
  void take_head(Stream& stream, std::string_view& bytes);

  const Target& target_;
  UniqueFd epoll_;
  Seen seen_;
  std::deque<Timeline> timelines_;  // one for each topic
  std::vector<Stream> streams_;
  std::size_t open_ = 0;  // streams whose head has come
  std::string refusal_;   // the first head that was not a stream's
};

}  // namespace sse::bench
