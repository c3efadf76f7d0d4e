#pragma once

/// \file
/// Where events get their order, and are made to last as long as was asked for.
///
///     append()                judges conditions, gives ids           the journal's lock
///       Follower::add()       rows applied, then events visible      the projection's, the log's
///       Follower::wake()      loops look at the log                  no lock
///       outcomes              returned, or given to Done             no lock
///
/// Durable before visible, always: an event that a subscriber has seen and a crash takes back would
/// give its id to another event.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/log/append.h"
#include "sse/log/entry.h"
#include "sse/log/journal_counts.h"
#include "sse/log/part.h"
#include "sse/wire/event_id.h"

namespace sse::log {

/// From which sequence on ids have an epoch.
struct EpochStart {
  wire::Epoch epoch = 0;
  wire::Sequence first = 0;
};

/// A place in the order that what follows is counted from.
struct Origin {
  wire::EventId head;     ///< the newest event's id; sequence 0 when there has been none
  wire::Epoch epoch = 0;  ///< of the events after it
  std::vector<EpochStart> past = {};  ///< epochs up to the head, oldest first, where they are known
  /// What is kept up to the head, where it is known already: no stream sees the place without it.
  KeptHistory history = {};
};

/// The copy that a journal fills: told of everything that is kept, in order. One call at a time.
class Follower {
 public:
  virtual ~Follower() = default;

  /// What the names of entries that are read back must be hashed with.
  virtual KeyedHash name_hash() const { return {}; }

  /// The state that the journal starts from: rows in order, and the place they stand at.
  virtual void load(const Origin& origin, std::span<const KeptRow> rows) = 0;

  /// The next part of what is kept up to the place that load() or restart() has told, oldest first:
  /// it is not given to add(), and read when a stream wants it (Journal::read()). Between one of
  /// these and the add() after it; what is left in memory over a restart stays there. While streams
  /// read the log, Origin::history tells all parts at once: with some of them a stream would take
  /// the last that was told for one that goes on to the head.
  virtual void load_part(const KeptPart& /*part*/) {}

  /// With these events, which are given to add() next or soon, parts of the history begin.
  virtual void begin_parts(std::span<const wire::EventId> /*first*/) {}

  /// Nothing before the tail is kept any more, though it may still be in memory.
  virtual void move_tail(const Tail& /*tail*/) {}

  /// What comes next: dense, ids final. Rows are applied and events become visible together. `now`
  /// is what their age counts from. Wakes no stream. The one call that a journal makes under its
  /// lock.
  virtual void add(std::span<const Entry> entries, BootTime now) = 0;

  /// What add() was given after `origin` no longer holds, and `rows` are the rows as they are
  /// there. `why` is for the log of the program; empty: it is not worth a line. What was told of
  /// parts is forgotten: it is told again.
  virtual void restart(const Origin& origin, std::span<const KeptRow> rows,
                       std::string_view why) = 0;

  /// There are new events. Called without a lock, on any thread.
  virtual void wake() = 0;
};

/// What answers requests that are repeated, as a start has read it back.
struct KeptRepeats {
  std::array<std::uint64_t, 2>
      digest_key{};  ///< random, and the same as long as the texts are kept
  BootTime since;    ///< every text that was kept from then on is there
  std::vector<std::pair<BootTime, std::string>> texts;  ///< of Append::repeat(), oldest first
};

enum class JournalState : std::uint8_t {
  kNew,      ///< not started
  kReady,    ///< appends are taken
  kAway,     ///< no appends for a while: another process may have what is kept (suspend())
  kStopped,  ///< no more appends; those taken have their outcomes
  kFailed,   ///< no more appends: the order that is kept and the order that was given may differ
};

enum class Answered : std::uint8_t { kNow, kLater };

/// Gives events their order. Thread-safe.
class SSE_EXPORT Journal {
 public:
  using Done = std::function<void(Append&&)>;
  using ReadDone = std::function<void(Result<std::vector<std::string>>)>;

  virtual ~Journal() = default;

  /// Loads what is kept into `follower`, which must live until stop() has returned, and takes
  /// appends from then on. Once, before the server listens.
  virtual Status start(Follower& follower) = 0;

  /// Puts the events of `append` at the end of the order. kNow: their outcomes are in `append`, the
  /// follower has them, and they are as durable as was asked; or it was refused (Append::refuse()).
  /// kLater: `append` was moved away, and
  /// what `later` made gets it with its outcomes, once, on any thread, when all of that holds.
  /// Never blocks for I/O. An outcome that depends on an append that is not durable yet is given
  /// with it.
  virtual Answered append(Append& append, FunctionRef<Done()> later) = 0;

  /// Whether append() always answers kNow.
  virtual bool answers_at_once() const = 0;

  /// Refuses appends from now on (kUnavailable) and returns when those taken have their outcomes;
  /// what is not known after `limit` is reported as ErrorCode::kUnknown. From then on the head is
  /// final.
  virtual void stop(std::chrono::nanoseconds limit) = 0;

  /// Refuses appends for a while, and gives up what only one process may hold, so that another one
  /// can go on with the order: stop() or resume() follows. Returns when those taken have their
  /// outcomes, and what is kept is closed: `limit` is for the outcomes, and a disk may take longer
  /// to come to rest. Error: kUnavailable, they do not have them within `limit`, or the journal is
  /// not kReady, or cannot do it; then nothing has changed.
  virtual Status suspend(std::chrono::nanoseconds limit);
  /// The other process has not gone on: takes appends again, as soon as that process has left what
  /// is kept; a journal in a directory is kAway until then, and kFailed when the order is not the
  /// same any more. Never waits for the other process. Error: the journal has failed.
  virtual Status resume() { return {}; }

  /// Whether the follower may still be told of an event with this id, because another node that
  /// shares the order has been told of it already. Yes where that is not known. Thread-safe.
  virtual bool may_still_come(const wire::EventId& /*id*/) const { return false; }

  /// Whether it keeps more than the log does, and read() brings it. The same as long as it lives.
  virtual bool keeps_parts() const { return false; }

  /// Reads the events [first, last] back: `done` gets the chunks (chunk.h) that hold them, in
  /// order; the first may begin before `first`, and the last may end after `last`. Called once, on
  /// any thread; it must not block. Never blocks; appends go first. Only for what load_part() and
  /// begin_parts() have told of. Errors: kNotFound: the tail has moved past `first`; kIo: it can be
  /// asked again; kUnavailable: the journal has stopped.
  virtual void read(wire::Sequence first, wire::Sequence last, ReadDone done);

  virtual JournalState state() const = 0;

  /// What start() has read back of Append::keep_repeat(); once. nullopt: this journal keeps none.
  virtual std::optional<KeptRepeats> take_repeats() { return std::nullopt; }

  /// What it has done so far, for the operator; nothing of a journal that keeps its events in
  /// memory alone.
  virtual std::optional<JournalCounts> counts() const { return std::nullopt; }
};

/// What an append is refused with by a journal in this state, which is not kReady: why no events
/// are taken.
Error journal_refusal(JournalState state);

}  // namespace sse::log
