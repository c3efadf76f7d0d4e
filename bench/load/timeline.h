#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "histogram.h"
#include "target.h"
#include "ticket_book.h"

namespace sse::bench {

/// What all streams saw so far.
struct Seen {
  std::uint64_t deliveries = 0;
  std::uint64_t bytes = 0;      ///< behind the heads
  std::uint64_t lost = 0;       ///< left out between two that came
  std::uint64_t repeated = 0;   ///< had come before
  std::uint64_t unordered = 0;  ///< not where the other streams have it
  std::uint64_t unknown = 0;    ///< events that were not published
  std::uint64_t wrong_ids = 0;  ///< an id that is not the next one
  std::uint64_t control = 0;    ///< sse.gap, sse.closing
  std::uint64_t wrong_chunks = 0;
  std::size_t ended = 0;  ///< streams that the server closed
  Histogram latency;      ///< from the send time in the event

  bool is_faultless() const {
    return lost + repeated + unordered + unknown + wrong_ids + control + wrong_chunks + ended == 0;
  }
};

/// The order in which the streams of one topic have their events: as the first of them has it. Who
/// gets an event first is the one to show that it was published, and that its id is the next one;
/// from the others the same bytes are expected, which costs little more than comparing them.
/// Thread-compatible.
class Timeline {
 public:
  /// A stream's next event, counted from 0.
  using Place = std::uint64_t;

  Timeline(const Target& target, const TicketBook& book, std::size_t topic, std::size_t streams,
           Seen& seen);

  /// Takes the whole events that `bytes` starts with, as far as they are the stream's next ones.
  /// Returns how many bytes they have.
  std::size_t match(Place& place, std::string_view bytes, std::int64_t now_ns);

  /// Takes anything that ends with a blank line: an event or a comment.
  void take(Place& place, std::string_view block, std::int64_t now_ns);

  /// Events that all streams have had, or have missed for good.
  std::uint64_t completed() const { return completed_; }

 private:
  struct Event {
    std::int64_t sent_ns;
    std::size_t streams_left;  // that have not had it
    std::uint64_t end;         // of its bytes, counted from the first event's
  };

  Place end() const { return first_ + events_.size(); }
  Event& at(Place place) { return events_[place - first_]; }
  std::uint64_t begin_of(Place place) const;
  std::string_view bytes_from(Place place) const;

  void deliver(Place place, std::int64_t now_ns);
  void miss(Place place);
  void settle(Place place);
  void append(std::string_view block, std::int64_t sent_ns);
  void take_event(Place& place, std::string_view block, std::int64_t sent_ns, std::int64_t now_ns);
  void take_new(Place& place, std::string_view block, const Ticket& ticket, std::int64_t now_ns);
  bool is_known(std::size_t number);
  std::optional<Place> find(std::int64_t sent_ns) const;
  std::optional<std::int64_t> send_time(std::string_view block) const;
  void check_id(std::string_view block);

  const Target& target_;
  const TicketBook& book_;
  const std::size_t topic_;
  const std::size_t streams_;
  Seen& seen_;

  std::deque<Event> events_;  // that some stream has not had
  Place first_ = 0;           // the place of events_[0]
  std::string bytes_;         // of events_, and of some before them
  std::uint64_t bytes_begin_ = 0;
  std::uint64_t first_begin_ = 0;
  std::vector<bool> known_;  // by number: it has come
  std::uint64_t last_id_ = 0;
  std::uint64_t completed_ = 0;
};

}  // namespace sse::bench
