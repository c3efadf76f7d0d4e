#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/wire/event_id.h"

#include "event_view.h"
#include "watch.h"

namespace sse::sub {

/// When the program has enough and ends.
struct EndRules {
  std::optional<std::uint64_t> count;  ///< events taken; 0: the first connection
  bool follow = true;                  ///< false: to the end of the replay
  std::optional<WallTime> until;       ///< the last time of interest
  std::optional<std::string>
      until_data;  ///< the data of an event that is the end, and not one to take

  std::optional<std::chrono::nanoseconds> duration;      ///< after the first connection
  std::optional<std::chrono::nanoseconds> idle;          ///< connected, without an event
  std::optional<std::chrono::nanoseconds> expect_every;  ///< without an event, connected or not
};

/// How far the stream is: what is history, and whether that is all that was asked for. Sets the
/// watch's times. Thread-compatible.
class Progress {
 public:
  /// The time of --expect-every begins.
  Progress(const EndRules& rules, Watch& watch, const Clock& clock);

  /// Connected. `head`: the newest event of the stream now, when its server says.
  void on_open(std::optional<wire::EventId> head);
  void on_cut();

  /// The stream is at the event of this id now.
  Replay reach(std::string_view id);

  /// Whether the event reached, of this id, is one too many.
  bool is_beyond_end(std::string_view id, Replay replay) const;

  /// Whether this is the data of --until-data.
  bool is_end_mark(std::string_view data) const { return rules_.until_data == data; }

  /// The event reached was taken.
  void take();

  /// Everything that has arrived was handled.
  void on_drained();

  /// Whether as many events were taken as --count says.
  bool has_counted_enough() const;

  /// Whether nothing is missing any more.
  bool has_enough() const;

  /// Whether the replay of this connection is over.
  bool has_caught_up() const { return has_caught_up_; }

  std::uint64_t taken() const { return taken_; }

 private:
  void expect_more();

  const EndRules rules_;
  Watch& watch_;
  const Clock& clock_;

  std::optional<wire::EventId> head_;  // until the stream is beyond it
  bool has_caught_up_ = false;         // this connection
  bool was_open_ = false;
  bool is_open_ = false;
  std::uint64_t taken_ = 0;
  std::uint64_t taken_when_drained_ = 0;
};

}  // namespace sse::sub
