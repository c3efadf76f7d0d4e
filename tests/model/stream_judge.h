#pragma once

/// \file
/// Holds what one connection of a stream received against the reference.

#include <optional>
#include <string>
#include <string_view>

#include "model/ask.h"
#include "model/life.h"
#include "model/round.h"
#include "model/start.h"
#include "model/transcript.h"

namespace sse::model {

/// Why a connection may have ended, as far as its peer and the hub's orders say.
struct Causes {
  bool left = false;         ///< the peer sent FIN
  Sequence left_at = 0;      ///< the newest event then
  bool vanished = false;     ///< the peer reset it, or the hub was killed
  bool evicted = false;      ///< another took its place
  bool shut_down = false;    ///< the hub drained
  bool was_limited = false;  ///< its socket was not always free
  bool takes_all = false;    ///< its socket takes all that it is given now, whatever it was before
  Time stuck{0};             ///< how long its socket has taken nothing now
  Time now{0};
};

/// Takes what came, in order. Nothing after the first fault. Thread-compatible.
class StreamJudge {
 public:
  /// The life outlives it. `when`: the request was handled then. `head`: the newest event at the
  /// earliest.
  StreamJudge(const Life& life, Ask ask, Window when, Sequence head);

  /// The answer's head is there.
  void take_head(const Transcript& transcript);
  void take(const Item& item);
  /// What a client was given of that event.
  void take_data(const Item& event, std::string_view data);
  enum class End {
    kWhole,   ///< with the last chunk (for HTTP/1.0: between blocks)
    kCut,     ///< without it
    kInside,  ///< inside a block
  };
  /// The connection has ended.
  void take_end(End end, const Causes& causes);

  /// Everything up to `head` must be there now.
  void must_have(Sequence head);
  /// No byte has come since `last`, though the hub ran all the time and the socket was free.
  void must_not_be_silent(Time last, Time now, Time slack);

  const std::string& fault() const { return fault_; }
  bool has_closing() const { return !closing_.empty(); }
  /// What a resume says: the id that was told last; empty: none.
  const std::string& last_id() const { return last_id_; }
  /// It is sent the newest of each pair, not every event.
  bool is_conflated() const { return ask_.every.count() > 0 || (ask_.each && !is_live_); }
  const Filter& filter() const { return filter_; }
  /// It had everything once.
  bool was_caught_up() const { return was_caught_up_; }
  /// Its socket is not always free, or it leaves: rounds need not keep their interval.
  void loosen() { keeps_pace_ = false; }
  Time every() const { return ask_.every; }
  /// Every wanted event up to here has come.
  Sequence passed() const { return is_conflated() ? round_.place() : next_ - 1; }

 private:
  void take_greeting(const Item& item);
  void take_event(const Item& item);
  void take_id(const Item& item);
  void take_heartbeat(const Item& item);
  void take_gap(const Item& item);
  void take_closing(const Item& item);
  void judge_reason(const Causes& causes);
  bool may_be_slow(const Causes& causes) const;
  bool is_left_behind(const Causes& causes) const;
  bool has_all_to(Sequence last, std::string_view why);
  bool is_round_to(Sequence end) const;
  bool end_round(Sequence end);
  void begin_at(const FirstEvent& first);
  void judge_pace(Time at);
  void fail(std::string what);

  const Life& life_;
  const Ask ask_;
  const Filter filter_;  // what passes
  const Window when_;
  const Sequence least_head_;

  std::string fault_;
  enum class Part { kHead, kRetry, kComment, kGap, kEvents, kClosed };
  Part part_ = Part::kHead;
  std::optional<GapClaim> claim_;  // of the head
  Sequence head_ = 0;              // of the answer's head: where the replay ends
  Sequence next_ = 1;              // the first that was not passed
  bool is_live_ = false;           // with since=each: the newest of each have come
  bool is_done_ = false;           // the event that ends it has come
  Round round_;                    // while it is conflated
  Sequence most_ = 1;              // wanted events before it may have expired
  bool end_was_told_ = false;      // the id-only block at the end of the replay
  std::string last_id_;
  Sequence last_position_ = 0;  // of last_id_
  Time last_bytes_{0};
  bool was_caught_up_ = false;
  Sequence had_ = 0;  // it had everything up to here, at rest
  bool keeps_pace_ = true;
  Time round_at_{0};     // when the last round began; 0: none has
  std::string closing_;  // the reason
};

}  // namespace sse::model
