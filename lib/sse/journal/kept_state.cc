#include "sse/journal/kept_state.h"

#include <chrono>
#include <utility>

#include "sse/base/crc32.h"
#include "sse/base/little_endian.h"
#include "sse/log/epochs.h"

namespace sse::journal {
namespace {

std::uint32_t checksum_of(const State& state) {
  std::string bytes;
  append_number(bytes, state.rows_at, 8);
  append_number(bytes, state.tail.uuid().high, 8);
  append_number(bytes, state.tail.uuid().low, 8);
  append_number(bytes, state.is_clean ? 1 : 0, 1);
  append_number(bytes, state.is_copy ? 1 : 0, 1);
  return crc32c(bytes.append(state.sync).append(" ").append(state.boot));
}

std::uint32_t checksum_of(const log::EpochStart& start) {
  std::string bytes;
  append_number(bytes, start.first, 8);
  append_number(bytes, start.epoch, 4);
  return crc32c(bytes);
}

bool is_valid(const log::EpochStart& start) {
  return start.first > 0 && start.first <= wire::kMaxSequence && start.epoch <= wire::kMaxEpoch;
}

}  // namespace

Try<KeptState> KeptState::load(Database& database) {
  KeptState kept;
  kept.database_ = &database;
  Statement state = SSE_TRY(
      database.prepare("SELECT rows_at, tail, tail_ms, tail_epoch, is_clean, is_copy, sync, boot, "
                       "crc FROM state"));
  if (SSE_TRY(state.step())) {
    State& read = kept.state_;
    read.rows_at = static_cast<wire::Sequence>(state.number(0));
    if (state.number(1) != 0) {
      read.tail = wire::EventId::make(std::chrono::milliseconds(state.number(2)),
                                      static_cast<wire::Epoch>(state.number(3)),
                                      static_cast<wire::Sequence>(state.number(1)));
    }
    read.is_clean = state.number(4) != 0;
    read.is_copy = state.number(5) != 0;
    read.sync = state.blob(6);
    read.boot = state.blob(7);
    kept.is_damaged_ = checksum_of(read) != state.number(8);
    state.reset();
  }
  Statement epochs =
      SSE_TRY(database.prepare("SELECT first, epoch, crc FROM epochs ORDER BY first"));
  while (SSE_TRY(epochs.step())) {
    const log::EpochStart start{static_cast<wire::Epoch>(epochs.number(1)),
                                static_cast<wire::Sequence>(epochs.number(0))};
    if (is_valid(start) && checksum_of(start) == epochs.number(2)) {
      kept.epochs_.push_back(start);
    } else {
      kept.is_damaged_ = true;
    }
  }
  kept.write_ = SSE_TRY(
      database.prepare("INSERT OR REPLACE INTO state(id, rows_at, tail, tail_ms, tail_epoch, "
                       "is_clean, is_copy, sync, boot, crc) VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  return kept;
}

Try<void> KeptState::write(const State& state) {
  const bool has_tail = state.tail.sequence() != 0;
  SSE_TRY(write_.run(
      state.rows_at, state.tail.sequence(), has_tail ? state.tail.unix_time().count() : 0,
      has_tail ? state.tail.epoch() : 0U, state.is_clean, state.is_copy,
      std::string_view(state.sync), std::string_view(state.boot), checksum_of(state)));
  state_ = state;
  return {};
}

Try<void> KeptState::begin_epoch(const log::EpochStart& start) {
  while (!epochs_.empty() && epochs_.back().first >= start.first) epochs_.pop_back();
  epochs_.push_back(start);
  while (epochs_.size() > log::Epochs::kMost) epochs_.erase(epochs_.begin());
  // All of them: a damaged one would begin an epoch at each start.
  SSE_TRY(database_->run("DELETE FROM epochs"));
  Statement insert =
      SSE_TRY(database_->prepare("INSERT INTO epochs(first, epoch, crc) VALUES(?,?,?)"));
  for (const log::EpochStart& one : epochs_) {
    SSE_TRY(insert.run(one.first, one.epoch, checksum_of(one)));
  }
  return {};
}

}  // namespace sse::journal
