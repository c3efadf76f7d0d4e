#pragma once

/// \file
/// A journal from its start to its end on a disk of the test's, and what it has said meanwhile.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/mutex.h"
#include "sse/base/random.h"
#include "sse/journal/sqlite_journal.h"
#include "sse/log/append.h"
#include "sse/log/journal.h"
#include "sse/log/part.h"

#include "journal/row_model.h"
#include "support/recording_vfs.h"
#include "support/temporary_directory.h"

namespace sse::test {

/// An event as it was told, without its id in the block.
struct ToldEvent {
  wire::EventId id;
  std::string text;

  friend bool operator==(const ToldEvent&, const ToldEvent&) = default;
};

/// Something that was said when the disk had come so far: from then on a cut must keep everything
/// up to that sequence.
struct Promise {
  std::size_t position = 0;
  wire::Sequence sequence = 0;
};

/// The file `head` as it was when the disk had come so far. It is never synced.
struct HeadSeen {
  std::size_t position = 0;
  std::string bytes;
};

/// What one item of an append asks for; the test's own copy.
struct Wish {
  log::RowChange::Kind kind = log::RowChange::Kind::kNone;
  Uuid key;
};

/// One life. The database is on `disk`, what a journal keeps beside it in a directory of this
/// life's own. Thread-compatible for the test; the journal tells it things on its own thread.
class Life final : public log::Follower {
 public:
  using Options = journal::DurableOptions;

  /// `options`: the directory and the vfs are this life's. `head`: what the file `head` holds.
  Life(RecordingVfs& disk, const Clock& clock, RandomSource& random, Options options,
       const std::optional<std::string>& head = {});
  ~Life() override;

  /// Opens what is on the disk, and starts with it. What is not read into memory is read back at
  /// once: events() has it, too.
  Status start();
  /// The same, but what is not in memory stays there.
  Status start_without_archive();
  log::Journal& journal() { return *journal_; }

  /// Appends; the answer is noted when it comes.
  void ask(log::Append& append, std::vector<Wish> wishes) SSE_EXCLUDES(mutex_);
  /// Until every append has its answer.
  void wait() SSE_EXCLUDES(mutex_);
  /// Until no more than so many have none.
  void wait_for_all_but(std::size_t pending) SSE_EXCLUDES(mutex_);
  /// Until what was due is done. An answer comes before its append is freed and uncounted.
  void wait_for_idle() { static_cast<void>(read(1, 1)); }
  /// The chunks that hold these events.
  Result<std::vector<std::string>> read(wire::Sequence first, wire::Sequence last);

  /// Ends the journal, as SIGTERM does.
  void stop();

  // A slow disk.

  /// Each sync waits from now on, until release().
  void hold_syncs() SSE_EXCLUDES(mutex_);
  void release_syncs() SSE_EXCLUDES(mutex_);
  /// Until one waits.
  void wait_for_sync() SSE_EXCLUDES(mutex_);
  std::size_t pending() SSE_EXCLUDES(mutex_);

  // What it has said. For when nothing is pending.

  /// By sequence; those that it started with, too.
  const std::map<wire::Sequence, ToldEvent>& events() const { return events_; }
  const RowModel& rows() const { return rows_; }
  /// As they were loaded.
  const RowModel& first_rows() const { return first_rows_; }
  const log::Origin& origin() const { return origin_; }
  const std::vector<Promise>& promises() const { return promises_; }
  /// What start() has read back, and what was wrong with it.
  const journal::Loaded& loaded() const { return journal_->loaded(); }
  const std::vector<HeadSeen>& heads() const { return heads_; }
  /// The file `head` as it is now; nothing when there is none.
  std::optional<std::string> head() const;
  /// Of the file `reserve`; 0 when there is none.
  std::uint64_t reserve_size() const;
  /// Answers that are neither outcomes of the order nor a refusal (kUnavailable, kFull).
  const std::vector<Error>& failures() const { return failures_; }
  std::size_t appended() const { return appended_; }
  std::size_t refused() const { return refused_; }
  std::size_t restarts() const { return restarts_; }
  /// Parts of the log that are not in memory, as the start has told of them.
  const std::vector<log::KeptPart>& parts() const { return parts_; }
  /// The first events of the other parts.
  const std::vector<wire::EventId>& marks() const { return marks_; }
  /// As it was told last.
  const std::optional<log::Tail>& tail() const { return tail_; }
  /// The rows as they were behind each event.
  const std::map<wire::Sequence, RowModel>& row_history() const { return row_history_; }
  /// Keeps row_history() from now on.
  void keep_row_history() { keeps_row_history_ = true; }

  // log::Follower
  void load(const log::Origin& origin, std::span<const log::KeptRow> rows) override;
  void load_part(const log::KeptPart& part) override;
  void begin_parts(std::span<const wire::EventId> first) override;
  void move_tail(const log::Tail& tail) override;
  void add(std::span<const log::Entry> entries, BootTime now) override;
  void restart(const log::Origin& origin, std::span<const log::KeptRow> rows,
               std::string_view why) override;
  void wake() override {}

 private:
  void before_sync() SSE_EXCLUDES(mutex_);
  void see_head() SSE_EXCLUDES(mutex_);
  void tell(const log::Entry& entry);
  Status read_archive() SSE_EXCLUDES(mutex_);
  Status tell_chunks(const std::vector<std::string>& chunks, wire::Sequence first,
                     wire::Sequence last);
  void answered(const log::Append& known, const std::vector<Wish>& wishes) SSE_EXCLUDES(mutex_);
  wire::Sequence needed_by(const log::AppendItem& item, const Wish& wish) SSE_REQUIRES(mutex_);

  const TemporaryDirectory directory_;
  RecordingVfs& disk_;
  const Clock& clock_;
  RandomSource& random_;
  Options options_;
  Mutex mutex_;
  std::condition_variable_any answers_;
  std::size_t pending_ SSE_GUARDED_BY(mutex_) = 0;

  bool holds_syncs_ SSE_GUARDED_BY(mutex_) = false;
  std::size_t held_ SSE_GUARDED_BY(mutex_) = 0;

  bool keeps_row_history_ = false;
  log::Origin origin_;
  std::map<wire::Sequence, ToldEvent> events_;
  std::vector<log::KeptPart> parts_;
  std::vector<wire::EventId> marks_;
  std::optional<log::Tail> tail_;
  std::map<Uuid, wire::Sequence> puts_;
  std::map<Uuid, wire::Sequence> erases_;
  RowModel rows_;
  RowModel first_rows_;
  std::map<wire::Sequence, RowModel> row_history_;
  std::vector<Promise> promises_;
  std::vector<HeadSeen> heads_;
  std::vector<Error> failures_;
  std::size_t appended_ = 0;
  std::size_t refused_ = 0;
  std::size_t restarts_ = 0;

  std::unique_ptr<journal::SqliteJournal> journal_;  // last: it ends before what it tells
};

}  // namespace sse::test
