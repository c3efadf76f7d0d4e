#pragma once

/// \file
/// Many streams in one thread, each checked: count, order, duplicates, gaps.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

#include "carrier.h"
#include "checked_stream.h"
#include "target.h"
#include "ticket_book.h"
#include "timeline.h"
#include "tls_channel.h"

namespace sse::bench {

/// What the streams speak. What is published goes over HTTP/1.1 in the clear.
struct Transport {
  bool tls = false;
  std::size_t streams_per_connection = 0;  ///< over HTTP/2; 0: one, over HTTP/1.1

  std::size_t connections(std::size_t streams) const;
};

/// Connects N streams to one server, or to the nodes of a cluster in turn, and reads them all.
/// Stream i follows topic i modulo the number of topics. Thread-compatible.
class StreamSet {
 public:
  StreamSet(const Target& target, const TicketBook& book, std::size_t count, Transport transport);

  /// Connects and sends every request; returns when all heads have arrived. Resuming: each asks for
  /// everything since Target::prepare(). At most `waiting` are without an answer at once; 0: no
  /// limit.
  Status open(bool resuming, std::size_t waiting);

  /// Reads what is there, waiting at most `wait`.
  void read(std::chrono::milliseconds wait);

  std::size_t count() const { return streams_.size(); }
  const Seen& seen() const { return witness_.seen; }
  /// Events that everyone who should have them has had, or has missed for good.
  std::uint64_t completed() const;
  /// nullptr without TLS.
  const TlsClients* tls() const { return tls_ ? &*tls_ : nullptr; }

 private:
  /// The connection of the streams from `first` on.
  Status connect(std::size_t first, bool resuming);
  std::unique_ptr<Carrier> carry(std::unique_ptr<Channel> channel, std::size_t first,
                                 bool resuming);
  void read(std::size_t connection);
  bool is_well() const { return witness_.seen.ended == 0 && witness_.refusal.empty(); }

  const Target& target_;
  const Transport transport_;
  UniqueFd epoll_;
  Witness witness_;
  std::deque<Timeline> timelines_;  // one for each topic
  std::vector<CheckedStream> streams_;
  std::optional<TlsClients> tls_;
  std::vector<std::unique_ptr<Carrier>> carriers_;
};

}  // namespace sse::bench
