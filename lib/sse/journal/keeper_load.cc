// How a directory is read back, and which epoch the next event gets.

#include <algorithm>
#include <fstream>
#include <utility>

#include "sse/base/logging.h"
#include "sse/journal/keeper.h"
#include "sse/log/chunk.h"

namespace sse::journal {
namespace {

std::string boot_id(const JournalOptions& options) {
  if (!options.boot_id.empty()) return options.boot_id;
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

std::string text_of(const SyncPolicy& sync) {
  switch (sync.kind) {
    case SyncPolicy::Kind::kAlways:
      return "always";
    case SyncPolicy::Kind::kEvery:
      return "every";
    case SyncPolicy::Kind::kOff:
      break;
  }
  return "off";
}

std::chrono::milliseconds unix_time(const Now& now) {
  return std::chrono::floor<std::chrono::milliseconds>(now.wall).time_since_epoch();
}

/// When an event of this time happened, by the clock that ages are counted with: never later than
/// now.
BootTime boot_time_of(std::chrono::milliseconds time, const Now& now) {
  const auto age = std::max(unix_time(now) - time, std::chrono::milliseconds(0));
  return now.boot - age;
}

std::string sequences(const ChunkRow& row) {
  return std::to_string(row.first) + " to " + std::to_string(row.last());
}

}  // namespace

Try<Loaded> Keeper::load(log::Follower& follower) {
  auto loaded = read_back(follower);
  if (!loaded) return of_database(std::move(loaded).error(), directory_.database());
  return loaded;
}

Try<Loaded> Keeper::read_back(log::Follower& follower) {
  Loaded loaded;
  const auto witness = head_file_.read();
  const auto newest = SSE_TRY(log_.newest());
  const wire::EventId head = SSE_TRY(head_in_file(witness));
  const auto& epochs = state_.epochs();
  const bool is_new = epochs.empty() && !newest;
  origin_.head = head;
  loaded.new_epoch = reason_for_epoch(witness);
  loaded.is_restored = state_.state().is_copy && !state_.is_damaged();
  const wire::Epoch fresh = fresh_epoch(witness);

  const auto report = [&](const std::string& what) { loaded.damage.push_back(what); };
  SSE_TRY(rows_.load(state_.state().rows_at, head.sequence(), report));
  const bool is_renewed = is_new || epochs.empty() || !loaded.new_epoch.empty();
  origin_ = {head, is_renewed ? fresh : epochs.back().epoch};
  const Now now = clock_.now();
  ages_ = ChunkAges(now, head.sequence());
  if (head.unix_time() > unix_time(now) + std::chrono::minutes(1)) {
    log_line(
        LogLevel::kWarning,
        "the clock of this machine is more than a minute behind the newest event: ids keep its "
        "time until the clock has passed it");
  }
  SSE_TRY(find_history(report));
  const auto oldest = SSE_TRY(first_in_memory(report));
  std::optional<std::vector<log::KeptRow>> kept_rows;  // where they are to be written again
  {
    auto kept = SSE_TRY(rows_.read_all(report));
    loaded.rows = rows_.book().size();
    loaded.members = kept.size() - loaded.rows;
    log::Origin begin = origin_;
    if (oldest) begin = SSE_TRY(origin_before(*oldest));
    if (begin.head.sequence() == 0)
      begin.head = wire::EventId::make(unix_time(now), begin.epoch, 0);
    if (!oldest && head.sequence() != 0) begin.past = epochs;
    follower.load(begin, kept);
    if (oldest) SSE_TRY(tell_archived(follower, oldest->first, loaded));
    if (!loaded.damage.empty()) kept_rows = std::move(kept);
  }
  if (oldest) SSE_TRY(load_chunks(follower, oldest->first, loaded));
  told_tail_ = tail_.sequence();
  parts_ = {};
  const auto report_kept = [&](const std::string& what) {
    if (damage_.note(what)) report(what);
  };
  loaded_repeats_ = SSE_TRY(repeats_.load(head.sequence(), ages_, now, random_, report_kept));

  if (!loaded.damage.empty() && loaded.new_epoch.empty()) {
    loaded.new_epoch = "part of what was kept is damaged";
  }
  std::optional<log::EpochStart> begun;
  if (epochs.empty() || !loaded.new_epoch.empty()) {
    begun = log::EpochStart{fresh, head.sequence() + 1};
    origin_.epoch = fresh;
  }
  if (head.sequence() == 0) origin_.head = wire::EventId::make(unix_time(now), origin_.epoch, 0);
  SSE_TRY(begin_run(begun, kept_rows));
  return loaded;
}

// Rows have no checksum, so the head is that of the newest chunk that is whole. What damaged ones
// above it have had is not given again, as far as it is known.
Try<wire::EventId> Keeper::head_in_file(const std::optional<wire::EventId>& witness) {
  std::optional<wire::EventId> whole;
  wire::Sequence last = 0;
  SSE_TRY(log_.read_back([&](const ChunkRow& row, std::string_view chunk) {
    const auto entries = log::decode_chunk(chunk, KeyedHash());
    if (!entries) {
      if (row.last() < wire::kMaxSequence) last = std::max(last, row.last());
      return true;
    }
    const wire::EventId& id = entries->back().id;
    if (!whole || id.sequence() > whole->sequence()) whole = id;
    return entries->front().id.sequence() != row.first;  // else it stands in another's place
  }));
  // Where an earlier start has found the newest chunk damaged, the tail is the head of that time.
  wire::EventId head = state_.is_damaged() ? wire::EventId() : state_.state().tail;
  if (whole && whole->sequence() >= head.sequence()) head = *whole;
  if (last <= head.sequence()) return head;
  if (witness && witness->sequence() >= last) return *witness;
  wire::Epoch epoch = head.epoch();
  for (const log::EpochStart& start : state_.epochs()) {
    if (start.first <= last) epoch = start.epoch;
  }
  return wire::EventId::make(head.unix_time(), epoch, last);
}

std::string Keeper::reason_for_epoch(const std::optional<wire::EventId>& witness) const {
  const State& state = state_.state();
  if (state_.is_damaged()) return "what the directory says of itself is damaged";
  if (state.is_copy) return "it is a restored backup";
  // Where the id of the boot is not known it may be another one.
  const bool is_other_boot = state.boot.empty() || state.boot != boot_id(options_.journal);
  if (!state.is_clean && state.sync != "always" && is_other_boot) {
    return "the machine has started again, and what was kept last may not have been on the disk "
           "(--sync)";
  }
  const wire::EventId head = origin_.head;
  const bool is_behind = witness && witness->sequence() > head.sequence();
  const bool is_other =
      witness && witness->sequence() == head.sequence() && head.sequence() != 0 && *witness != head;
  if (is_behind || is_other) {
    return "the log ends at " + std::to_string(head.sequence()) + ", and events up to " +
           std::to_string(witness->sequence()) + " were shown: the rest is lost";
  }
  return {};
}

wire::Epoch Keeper::fresh_epoch(const std::optional<wire::EventId>& witness) {
  const auto& epochs = state_.epochs();
  while (true) {
    const auto epoch = static_cast<wire::Epoch>(random_.below(wire::kMaxEpoch) + 1);
    const bool is_known =
        std::any_of(epochs.begin(), epochs.end(),
                    [epoch](const log::EpochStart& start) { return start.epoch == epoch; }) ||
        origin_.head.epoch() == epoch || (witness && witness->epoch() == epoch);
    if (!is_known) return epoch;
  }
}

Try<log::Origin> Keeper::origin_before(const ChunkRow& row) {
  log::Origin origin;
  origin.epoch = row.epoch;
  for (const log::EpochStart& start : state_.epochs()) {
    if (start.first < row.first) origin.past.push_back(start);
  }
  const wire::EventId& tail = state_.state().tail;
  if (tail.sequence() == row.first - 1) {
    origin.head = tail;
    return origin;
  }
  const auto previous = log_.before(row.first);
  if (!previous && previous.error().kind != FailureKind::kDamaged) return previous.error();
  if (previous && *previous && (*previous)->last() == row.first - 1) {
    origin.head = (*previous)->last_id();
  } else {
    origin.head = wire::EventId::make(row.time, row.epoch, row.first - 1);
  }
  return origin;
}

/// Whether a part begins there, as far as the start knows.
bool Keeper::begins_part(wire::Sequence sequence) const {
  const auto part = std::lower_bound(
      parts_.begin(), parts_.end(), sequence,
      [](const PartExtent& one, wire::Sequence first) { return one.first.sequence() < first; });
  const bool is_complete = part != parts_.end() && part->first.sequence() == sequence;
  return is_complete || log_.open_part().first.sequence() == sequence;
}

Try<void> Keeper::load_chunks(log::Follower& follower, wire::Sequence first, Loaded& loaded) {
  const KeyedHash hash = follower.name_hash();
  const Now now = clock_.now();
  wire::Sequence next = first;
  const wire::Sequence head = origin_.head.sequence();
  bool is_broken = false;  // what comes next does not follow what the follower has
  bool is_news = false;    // no earlier start has told why
  Try<void> failed;
  const auto report = [&](wire::Sequence at, const std::string& damage) {
    // What is above the head does not stay (forget_after()), and its numbers are given again.
    const bool stays = at <= head;
    is_broken |= stays;
    if (stays && !damage_.note(damage)) return;
    is_news |= stays;
    loaded.damage.push_back(damage);
  };
  bool is_mark = true;  // with the next chunk a part begins for the follower
  const auto restart = [&](const log::Origin& origin) -> Try<void> {
    const auto kept = SSE_TRY(rows_.read_all([](const std::string&) {}));
    const bool is_told = !std::exchange(is_news, false);
    follower.restart(origin, kept, is_told ? "" : "chunks of the log are damaged");
    tail_ = origin.head;
    is_tail_lost_ = is_mark = true;
    loaded.archived_events = loaded.archived_bytes = 0;
    return {};
  };
  const auto load_one = [&](const ChunkRow& row, std::string_view bytes) -> Try<void> {
    if (row.first > next && next <= head) {
      report(next, "events " + std::to_string(next) + " to " +
                       std::to_string(std::min(row.first - 1, head)) + " are not there");
    } else if (row.first < next) {
      report(row.first, "events " + std::to_string(row.first) + " on are not where they belong");
    }
    const auto entries = log::decode_chunk(bytes, hash);
    // The chunk has a checksum, the row has none.
    const bool is_own = entries && entries->front().id.sequence() == row.first;
    next = (is_own ? entries->back().id.sequence() : row.last()) + 1;
    if (!entries || !row.tells_of(*entries)) {
      report(row.first, "events " + sequences(row) + ": " +
                            (entries ? "another chunk is in their place" : entries.error().text));
      return {};
    }
    if (std::exchange(is_broken, false)) {
      const auto before = SSE_TRY(origin_before(row));
      SSE_TRY(restart(before));
    }
    if (std::exchange(is_mark, false) || begins_part(row.first)) {
      follower.begin_parts(std::span(&entries->front().id, 1));
    }
    follower.add(*entries, boot_time_of(row.time, now));
    loaded.events += row.count;
    loaded.bytes += row.bytes;
    const auto& tell = options_.journal.on_progress;
    if (tell) tell({row.last() - first + 1, origin_.head.sequence() - first + 1});
    return {};
  };
  SSE_TRY(log_.read_from(first, [&](const ChunkRow& row, std::string_view bytes) {
    failed = load_one(row, bytes);
    return failed.has_value();
  }));
  SSE_TRY(std::move(failed));
  if (!is_broken) return {};
  log::Origin end = origin_;
  end.past = state_.epochs();
  log_.begin(log_.new_part(), log_.bytes());  // what comes next follows nothing
  return restart(end);
}

// However a hub writes, this is on the disk before its first event is.
Try<void> Keeper::begin_run(const std::optional<log::EpochStart>& epoch,
                            const std::optional<std::vector<log::KeptRow>>& damaged_rows) {
  const auto begin = [&]() -> Try<void> {
    State state = state_.state();
    state.is_clean = false;
    state.is_copy = false;
    state.sync = text_of(options_.journal.sync);
    state.boot = boot_id(options_.journal);
    state.rows_at = std::min(state.rows_at, origin_.head.sequence());
    if (epoch) SSE_TRY(state_.begin_epoch(*epoch));
    if (is_tail_lost_ || state_.is_damaged()) state.tail = tail_;
    SSE_TRY(damage_.write());
    SSE_TRY(log_.forget_after(origin_.head.sequence()));
    SSE_TRY(rows_.forget_after(origin_.head.sequence()));
    if (damaged_rows) {
      SSE_TRY(rows_.write_anew(*damaged_rows));
      state.rows_at = origin_.head.sequence();
    }
    loaded_repeats_.since =
        SSE_TRY(repeats_.begin(origin_.head.sequence(), !epoch.has_value(), clock_.now()));
    return state_.write(state);
  };
  log_.look_for_strays(origin_.head.sequence());
  SSE_TRY(database_->set_synchronous(Synchronous::kFull));
  SSE_TRY(write_at_start([&] { return transact(begin); }));
  is_tail_lost_ = false;
  if (full_limit_) full_limit_ = log_.bytes();  // before it was known
  head_file_.write(origin_.head);
  if (options_.journal.sync.kind == SyncPolicy::Kind::kAlways) return {};
  // Also with `off`: NORMAL syncs no commit, but the write-ahead log when it begins again. Without
  // that a power cut may leave its old beginning, and SQLite puts it over newer pages.
  return database_->set_synchronous(Synchronous::kNormal);
}

}  // namespace sse::journal
