#include "sse/journal/keeper.h"

#include <algorithm>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/schema.h"

namespace sse::journal {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kRetainEvery{1};
constexpr seconds kRetainIdleEvery{60};
constexpr seconds kSaveEvery{5};

constexpr seconds kLookForRoomEvery{10};  // on a full disk
constexpr std::uint64_t kPageSize = 4096;
constexpr std::uint64_t kFrameSize = kPageSize + 24;  // of the write-ahead log
// Without a reserve a disk is not full any more when this is free.
constexpr std::uint64_t kRoomWithoutReserve = std::uint64_t{16} << 20U;

}  // namespace

Try<std::unique_ptr<Keeper>> Keeper::open(const DurableOptions& options, const Clock& clock,
                                          RandomSource& random) {
  auto directory = SSE_TRY(DataDirectory::open(options.journal.directory));
  auto head_file = SSE_TRY(HeadFile::open(directory.file("head")));
  const std::string path = directory.database();
  const auto opened = [&]() -> Try<std::unique_ptr<Keeper>> {
    if (options.journal.vfs.empty()) DataDirectory::make_private(path);
    auto database = SSE_TRY(Database::open({path, options.journal.vfs, Synchronous::kFull, true}));
    SSE_TRY(database->rewrite_wal());
    SSE_TRY(prepare_schema(*database));
    auto state = SSE_TRY(KeptState::load(*database));
    auto damage = SSE_TRY(KeptDamage::open(*database));
    const auto part_bytes = std::min(KeptLog::kMostPartBytes, options.log.memory_bytes / 8);
    auto log = SSE_TRY(KeptLog::open(*database, part_bytes, KeyedHash(random)));
    auto rows = SSE_TRY(KeptRows::open(*database, options.rows));
    auto repeats = SSE_TRY(KeptRepeats::open(*database, options.repeats));
    auto reader = SSE_TRY(RangeReader::open(*database));
    return std::unique_ptr<Keeper>(
        new Keeper(options, clock, random, std::move(directory), std::move(head_file),
                   std::move(database), std::move(state), std::move(damage), std::move(log),
                   std::move(rows), std::move(repeats), std::move(reader)));
  };
  auto keeper = opened();
  if (!keeper && keeper.error().kind == FailureKind::kFull && directory.free_reserve()) {
    keeper = opened();
  }
  if (!keeper) return of_database(std::move(keeper).error(), path);
  return keeper;
}

Keeper::Keeper(const DurableOptions& options, const Clock& clock, RandomSource& random,
               DataDirectory directory, HeadFile head_file, std::unique_ptr<Database> database,
               KeptState state, KeptDamage damage, KeptLog log, KeptRows rows, KeptRepeats repeats,
               RangeReader reader)
    : options_(options),
      clock_(clock),
      random_(random),
      directory_(std::move(directory)),
      head_file_(std::move(head_file)),
      database_(std::move(database)),
      state_(std::move(state)),
      damage_(std::move(damage)),
      log_(std::move(log)),
      rows_(std::move(rows)),
      repeats_(std::move(repeats)),
      reader_(std::move(reader)),
      ages_(clock.now(), 0) {
  const BootTime now = clock.now().boot;
  synced_ = retained_ = saved_ = looked_for_room_ = now;
  directory_.make_reserve(options_.journal.reserve);
}

// ---- writing

// A page that SQLite cannot read keeps the chunks in it, and no commit from working.
Try<void> Keeper::transact(FunctionRef<Try<void>()> write) {
  auto written = transact_once(write);
  while (!written && log_.leave_damaged(written.error())) written = transact_once(write);
  return written;
}

Try<void> Keeper::transact_once(FunctionRef<Try<void>()> write) {
  const State before = state_.state();
  auto written = database_->begin();
  if (written) written = write();
  // Without a reserve the disk may be full to the last byte when a checkpoint is needed.
  if (written && options_.journal.reserve == 0) written = database_->claim_room();
  if (written) written = database_->commit();
  if (written) {
    settle();
    return {};
  }
  Failure failure = std::move(written).error();
  if (const auto undone = database_->roll_back(); !undone) {
    failure = {FailureKind::kSync, failure.text + "; " + undone.error().text};
  }
  undo();
  state_.undo(before);
  return failure;
}

Try<void> Keeper::transact_synced(FunctionRef<Try<void>()> write, BootTime now) {
  const bool raises = options_.journal.sync.kind != SyncPolicy::Kind::kAlways;
  if (raises) SSE_TRY(database_->set_synchronous(Synchronous::kFull));
  auto written = transact(write);
  if (raises) SSE_TRY(database_->set_synchronous(Synchronous::kNormal));
  SSE_TRY(std::move(written));
  ++syncs_;
  synced_ = now;
  is_unsynced_ = false;
  return {};
}

void Keeper::settle() {
  const wire::EventId& tail = state_.state().tail;
  if (tail.sequence() > tail_.sequence()) tail_ = tail;
  ages_.forget_before(tail.sequence());
  log_.settle();
  rows_.settle();
  repeats_.settle();
  is_unsynced_ = true;
}

void Keeper::undo() {
  log_.undo();
  rows_.undo();
  repeats_.undo();
}

Try<void> Keeper::commit(std::span<const log::Entry> entries, std::span<const std::string> repeats,
                         const Now& now) {
  const auto& sync = options_.journal.sync;
  const bool syncs_now =
      sync.kind == SyncPolicy::Kind::kAlways ||
      (sync.kind == SyncPolicy::Kind::kEvery && now.boot - synced_ >= sync.interval);
  // A checkpoint that fails must not let it grow for as long as commits work.
  if (database_->wal_pages() >= 2 * most_wal_pages()) SSE_TRY(checkpoint());
  const auto write_all = [&] { return write(entries, repeats, now); };
  SSE_TRY(syncs_now ? transact_synced(write_all, now.boot) : transact(write_all));
  has_dropped_ = false;
  origin_.head = entries.back().id;
  head_file_.write(origin_.head);
  return {};
}

Try<void> Keeper::write(std::span<const log::Entry> entries, std::span<const std::string> repeats,
                        const Now& now) {
  State state = state_.state();
  SSE_TRY(log_.write(entries));
  const wire::EventId& first = entries.front().id;
  SSE_TRY(repeats_.write(first.sequence(), first.unix_time(), repeats));
  SSE_TRY(rows_.write(entries));
  SSE_TRY(rows_.tidy(state.rows_at));
  bool is_changed = false;
  // On a full disk what comes takes the place of what goes, commit by commit.
  if (full_limit_ || log_.has_more_to_drop() || now.boot - retained_ >= kRetainEvery) {
    retained_ = now.boot;
    ages_.note(entries.back().id.sequence(), now.boot, age_step());
    is_changed = SSE_TRY(retain(now.boot, state));
  }
  if (now.boot - saved_ >= kSaveEvery && rows_.is_worth_saving()) {
    saved_ = now.boot;
    SSE_TRY(rows_.save());
    state.rows_at = entries.back().id.sequence();
    is_changed = true;
  }
  return is_changed ? state_.write(state) : Try<void>();
}

// Fine enough for both, and few: see ChunkAges.
std::chrono::nanoseconds Keeper::age_step() const {
  const nanoseconds window = options_.repeats.window / 10;
  const nanoseconds ttl = options_.log.ttl / 100;
  const bool has_both = ttl.count() > 0 && window.count() > 0;
  return has_both ? std::min(ttl, window) : std::max<nanoseconds>({ttl, window, kRetainEvery});
}

Try<bool> Keeper::retain(BootTime now, State& state) {
  SSE_TRY(repeats_.apply(ages_, now));
  const auto too_much = SSE_TRY(excess());
  const auto gone = SSE_TRY(log_.apply(options_.log, too_much, ages_, now));
  if (gone && gone->sequence() > state.tail.sequence()) state.tail = *gone;
  return gone.has_value();
}

/// How many bytes of the log are to go.
Try<std::uint64_t> Keeper::excess() {
  const auto pages = SSE_TRY(database_->number("PRAGMA page_count")) -
                     SSE_TRY(database_->number("PRAGMA freelist_count"));
  disk_bytes_ = static_cast<std::uint64_t>(pages) * kPageSize +
                static_cast<std::uint64_t>(database_->wal_pages()) * kFrameSize;
  const auto past = [](std::uint64_t bytes, std::uint64_t limit) {
    return bytes > limit ? bytes - limit : 0;
  };
  const std::uint64_t limit = options_.log.max_disk_bytes;
  return std::max(limit == 0 ? 0 : past(disk_bytes_, limit),
                  full_limit_ ? past(log_.bytes(), *full_limit_) : 0);
}

// ---- a full disk

Try<bool> Keeper::make_room() {
  if (SSE_TRY(free_room())) return true;
  // Where deleting does not help, as when others fill the disk, not everything shall go.
  if (has_dropped_ || SSE_TRY(has_free_pages())) return false;
  has_dropped_ = SSE_TRY(drop_eighth());
  full_limit_ = log_.bytes();
  return has_dropped_;
}

/// The part of make_room() that deletes nothing. Returns whether it has changed anything.
Try<bool> Keeper::free_room() {
  if (!full_limit_) {
    log_line(
        LogLevel::kError,
        directory_.path() + ": the disk is full; the oldest events are deleted as others come");
  }
  full_limit_ = log_.bytes();
  looked_for_room_ = clock_.now().boot;
  const bool had_reserve = directory_.free_reserve();
  // What waits in the write-ahead log needs room in the file; only then can the log begin again.
  const bool had_pages = database_->wal_pages() > 0;
  const auto moved = checkpoint();
  if (!moved && moved.error().kind == FailureKind::kSync) return moved.error();
  return had_reserve || (had_pages && moved);
}

// A start that fails can be made again when there is room; events that it deletes do not come back.
// What a killed hub has left in the write-ahead log is not counted in wal_pages().
Try<void> Keeper::write_at_start(FunctionRef<Try<void>()> write) {
  auto written = write();
  if (written || written.error().kind != FailureKind::kFull) return written;
  SSE_TRY(free_room());
  return write();
}

/// As many as drop_eighth() would make.
Try<bool> Keeper::has_free_pages() {
  const auto pages = SSE_TRY(database_->number("PRAGMA freelist_count"));
  return static_cast<std::uint64_t>(pages) * kPageSize >=
         std::min(log_.bytes() / 8, KeptLog::kMostDropped);
}

Try<bool> Keeper::drop_eighth() {
  const std::uint64_t bytes = log_.bytes();
  const auto dropped = transact([&]() -> Try<void> {
    State state = state_.state();
    const auto gone = SSE_TRY(log_.drop_eighth());
    if (!gone) return {};
    if (gone->sequence() > state.tail.sequence()) state.tail = *gone;
    return state_.write(state);
  });
  if (dropped) return log_.bytes() < bytes;
  if (dropped.error().kind == FailureKind::kSync) return dropped.error();
  return false;
}

/// The log may grow again once there is room for the reserve, and as much again.
void Keeper::end_fullness() {
  const BootTime now = clock_.now().boot;
  if (!full_limit_ || now - looked_for_room_ < kLookForRoomEvery) return;
  looked_for_room_ = now;
  const auto reserve = options_.journal.reserve;
  const bool has_room =
      reserve == 0 ? directory_.has_room(kRoomWithoutReserve) : directory_.make_reserve(reserve);
  if (!has_room) return;
  full_limit_.reset();
  log_line(LogLevel::kInfo, directory_.path() + ": there is room on the disk again");
}

// On a full disk the file must find room in the reserve for all that waits in the write-ahead log,
// and for a commit more; else nothing could be freed.
int Keeper::most_wal_pages() const {
  if (options_.journal.reserve == 0) return options_.journal.most_wal_pages;
  const std::uint64_t fits = std::max<std::uint64_t>(options_.journal.reserve / kPageSize / 2, 16);
  return static_cast<int>(
      std::min<std::uint64_t>(fits, static_cast<std::uint64_t>(options_.journal.most_wal_pages)));
}

int Keeper::checkpoint_pages() const {
  return std::min(options_.journal.checkpoint_pages, most_wal_pages());
}

// ---- between commits

std::chrono::nanoseconds Keeper::rest_after() const {
  nanoseconds patience = kRetainIdleEvery;
  const BootTime now = clock_.now().boot;
  const auto has_work_in = [&](nanoseconds time, bool fails) {
    patience = std::min(patience, std::max<nanoseconds>(time, seconds(fails ? 1 : 0)));
  };
  if (owes_sync()) {
    const auto& sync = options_.journal.sync;
    has_work_in(sync.interval - (now - synced_), fails_to_sync_);
  }
  if (database_->wal_pages() >= checkpoint_pages()) {
    has_work_in(nanoseconds(0), fails_to_checkpoint_);
  }
  const bool has_more = log_.has_more_to_drop();
  has_work_in(has_more ? nanoseconds(0) : kRetainIdleEvery - (now - retained_), fails_to_retain_);
  return patience;
}

bool Keeper::owes_sync() const {
  return is_unsynced_ && options_.journal.sync.kind == SyncPolicy::Kind::kEvery;
}

// The sync first: what is promised must not wait for a checkpoint that fails.
Try<void> Keeper::rest(const Now& now) {
  if (owes_sync() && now.boot - synced_ >= options_.journal.sync.interval) return sync_now();
  if (database_->wal_pages() >= checkpoint_pages()) return checkpoint();
  if (now.boot - retained_ < kRetainIdleEvery && !log_.has_more_to_drop()) return {};
  retained_ = now.boot;
  ages_.note(origin_.head.sequence(), now.boot, age_step());
  end_fullness();
  const auto retain_now = [&]() -> Try<void> {
    State state = state_.state();
    const bool is_changed = SSE_TRY(retain(now.boot, state));
    return is_changed ? state_.write(state) : Try<void>();
  };
  fails_to_retain_ = true;
  SSE_TRY(transact(retain_now));
  fails_to_retain_ = false;
  return {};
}

Try<void> Keeper::sync_now() {
  fails_to_sync_ = true;
  const State state = state_.state();
  SSE_TRY(transact_synced([&] { return state_.write(state); }, clock_.now().boot));
  fails_to_sync_ = false;
  return {};
}

Try<void> Keeper::checkpoint_if_long() {
  end_fullness();
  // On a full disk the write-ahead log shall find room in what it has.
  const int most = full_limit_ ? checkpoint_pages() / 4 : most_wal_pages();
  return database_->wal_pages() >= most ? checkpoint() : Try<void>();
}

Try<void> Keeper::checkpoint() {
  fails_to_checkpoint_ = true;
  SSE_TRY(database_->checkpoint());
  fails_to_checkpoint_ = false;
  syncs_ += 2;
  return {};
}

Try<void> Keeper::close() {
  SSE_TRY(database_->set_synchronous(Synchronous::kFull));
  State state = state_.state();
  const auto write_end = [&]() -> Try<void> {
    SSE_TRY(rows_.save());
    state.rows_at = std::max(state.rows_at, origin_.head.sequence());
    state.is_clean = true;
    return state_.write(state);
  };
  SSE_TRY(transact(write_end));
  return database_->empty_wal();
}

}  // namespace sse::journal
