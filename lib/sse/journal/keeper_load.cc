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
  Loaded loaded;
  const auto witness = head_file_.read();
  const auto newest = SSE_TRY(log_.newest());
  const wire::EventId head = SSE_TRY(head_in_file(witness));
  const auto& epochs = state_.epochs();
  const bool is_new = epochs.empty() && !newest;
  origin_.head = head;
  loaded.new_epoch = reason_for_epoch(witness);
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
  const auto since =
      options_.log.ttl.count() > 0
          ? unix_time(now) - std::chrono::floor<std::chrono::milliseconds>(options_.log.ttl)
          : std::chrono::milliseconds(0);
  const auto oldest = SSE_TRY(log_.oldest_to_load(options_.log.max_bytes, since));
  std::optional<std::vector<log::KeptRow>> kept_rows;  // where they are to be written anew
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
    if (!loaded.damage.empty()) kept_rows = std::move(kept);
  }
  if (oldest) SSE_TRY(load_chunks(follower, oldest->first, loaded));
  loaded_repeats_ = SSE_TRY(repeats_.load(head.sequence(), ages_, now, random_, report));

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
  const wire::EventId head = whole                 ? *whole
                             : state_.is_damaged() ? wire::EventId()
                                                   : state_.state().tail;
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
  const auto previous = SSE_TRY(log_.before(row.first));
  const wire::EventId& tail = state_.state().tail;
  if (previous && previous->last() == row.first - 1) {
    origin.head = previous->last_id();
  } else if (tail.sequence() == row.first - 1) {
    origin.head = tail;
  } else {
    origin.head = wire::EventId::make(row.time, row.epoch, row.first - 1);
  }
  return origin;
}

Try<void> Keeper::load_chunks(log::Follower& follower, wire::Sequence first, Loaded& loaded) {
  const KeyedHash hash = follower.name_hash();
  const Now now = clock_.now();
  wire::Sequence next = first;
  bool is_broken = false;  // what comes next does not follow what the follower has
  Try<void> failed;
  const auto restart = [&](const log::Origin& origin) -> Try<void> {
    const auto kept = SSE_TRY(rows_.read_all([](const std::string&) {}));
    follower.restart(origin, kept, "chunks of the log are damaged");
    return {};
  };
  const auto load_one = [&](const ChunkRow& row, std::string_view bytes) -> Try<void> {
    if (row.first != next) {
      const std::string from = "events " + std::to_string(next);
      loaded.damage.push_back(row.first > next
                                  ? from + " to " + std::to_string(row.first - 1) + " are not there"
                                  : from + " on are not where they belong");
      is_broken = true;
    }
    next = row.last() + 1;
    const auto entries = log::decode_chunk(bytes, hash);
    if (!entries || !row.tells_of(*entries)) {
      loaded.damage.push_back("events " + sequences(row) + ": " +
                              (entries ? "another chunk is in their place" : entries.error().text));
      is_broken = true;
      return {};
    }
    if (std::exchange(is_broken, false)) {
      const auto before = SSE_TRY(origin_before(row));
      SSE_TRY(restart(before));
    }
    follower.add(*entries, boot_time_of(row.time, now));
    loaded.events += row.count;
    loaded.bytes += row.bytes;
    const auto& tell = options_.journal.on_progress;
    if (tell) tell({row.last() - first + 1, origin_.head.sequence() - first + 1});
    return {};
  };
  SSE_TRY(log_.read_from(first, [&](const ChunkRow& row, std::string_view bytes) {
    if (failed) failed = load_one(row, bytes);
  }));
  SSE_TRY(std::move(failed));
  if (!is_broken) return {};
  log::Origin end = origin_;
  end.past = state_.epochs();
  return restart(end);
}

// However a hub writes, this is on the disk before its first event is.
Try<void> Keeper::begin_run(const std::optional<log::EpochStart>& epoch,
                            const std::optional<std::vector<log::KeptRow>>& damaged_rows) {
  const auto begin = [&]() -> Try<void> {
    State state = state_.state();  // now: make_room() may have moved the tail
    state.is_clean = false;
    state.is_copy = false;
    state.sync = text_of(options_.journal.sync);
    state.boot = boot_id(options_.journal);
    state.rows_at = std::min(state.rows_at, origin_.head.sequence());
    if (epoch) SSE_TRY(state_.begin_epoch(*epoch));
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
  SSE_TRY(database_->set_synchronous(Synchronous::kFull));
  auto begun = transact(begin);
  while (!begun && begun.error().kind == FailureKind::kFull && SSE_TRY(make_room())) {
    begun = transact(begin);
  }
  SSE_TRY(std::move(begun));
  head_file_.write(origin_.head);
  if (options_.journal.sync.kind == SyncPolicy::Kind::kAlways) return {};
  // Also with `off`: NORMAL syncs no commit, but the write-ahead log when it begins again. Without
  // that a power cut may leave its old beginning, and SQLite puts it over newer pages.
  return database_->set_synchronous(Synchronous::kNormal);
}

}  // namespace sse::journal
