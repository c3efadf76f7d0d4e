#pragma once

/// \file
/// A journal that answers when the test says so: appends wait to be committed, may fail, and the
/// whole may be cut back and go on in another epoch.

#include <algorithm>
#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/check.h"
#include "sse/base/clock.h"
#include "sse/log/entry.h"
#include "sse/log/journal.h"
#include "sse/log/memory_journal.h"
#include "sse/log/sequencer.h"

namespace sse::test {

/// Thread-compatible.
class LateJournal final : public log::Journal {
 public:
  LateJournal(const log::MemoryJournal::Options& options, const Clock& clock)
      : epoch_(options.epoch), clock_(clock), sequencer_(options.rows) {}

  Status start(log::Follower& follower) override {
    follower_ = &follower;
    origin_ = {wire::EventId::make(unix_time(), epoch_, 0), epoch_};
    sequencer_.restart(origin_, {});
    follower.load(origin_, {});
    state_ = log::JournalState::kReady;
    return {};
  }

  log::Answered append(log::Append& append, FunctionRef<Done()> later) override {
    if (state_ != log::JournalState::kReady) {
      append.fail_pending(log::journal_refusal(state_));
      return log::Answered::kNow;
    }
    Done done = later();
    auto& waiting =
        waiting_.emplace_back(Waiting{std::move(append), std::move(done), {}, {}, nullptr});
    waiting.due = clock_.now().boot + latency;
    order(waiting);
    return log::Answered::kLater;
  }

  bool answers_at_once() const override { return false; }
  log::JournalState state() const override { return state_; }

  void stop(std::chrono::nanoseconds /*limit*/) override {
    state_ = log::JournalState::kStopped;
    commit_all();
  }

  bool may_still_come(const wire::EventId& /*id*/) const override { return is_behind; }

  std::optional<log::KeptRepeats> take_repeats() override {
    if (!keeps_repeats) return std::nullopt;
    return log::KeptRepeats{{1, 2}, clock_.now().boot, {}};
  }

  // For the test.

  std::chrono::nanoseconds latency{0};
  bool keeps_repeats = false;  ///< as one of a directory does
  bool is_behind = false;      ///< as one that shares its order, and was not told of all of it yet

  std::size_t waiting() const { return waiting_.size(); }
  /// Whose the newest append is that waits.
  const std::optional<IpAddress>& newest_peer() const { return waiting_.back().append.peer(); }

  /// The oldest append that waits is durable now.
  void commit() {
    std::list<Waiting> committed;
    committed.splice(committed.end(), waiting_, waiting_.begin());
    Waiting& one = committed.front();
    for (const log::Entry& entry : one.entries) keep(entry);
    if (!one.entries.empty()) follower_->add(one.entries, clock_.now().boot);
    follower_->wake();
    answer(one, true);
  }
  void commit_all() {
    while (!waiting_.empty()) commit();
  }
  void commit_due() {
    while (!waiting_.empty() && waiting_.front().due <= clock_.now().boot) commit();
  }

  /// The oldest append that waits is rolled back; those behind it are judged again.
  void fail(const Error& error) {
    std::list<Waiting> failed;
    failed.splice(failed.end(), waiting_, waiting_.begin());
    sequencer_.restart(origin_, rows_);
    for (Waiting& waiting : waiting_) {
      forget_judgement(waiting);
      order(waiting);
    }
    Waiting& one = failed.front();
    forget_judgement(one);
    one.append.fail_pending(error);
    answer(one, false);
  }

  /// The oldest append that waits is answered with kUnknown, and goes on to wait.
  void answer_early() {
    Waiting& one = waiting_.front();
    one.settle = one.append.repeat().settle;
    log::Append copy = one.append;
    copy.forget_judgements();
    copy.fail_pending({ErrorCode::kUnknown, "it may have been taken; ask again with the same key"});
    std::exchange(one.done, nullptr)(std::move(copy));
  }

  /// Everything after `head` is lost, and the order goes on in another epoch.
  void restart(const wire::EventId& head, wire::Epoch epoch, std::string_view why) {
    SSE_CHECK(waiting_.empty());
    origin_ = {head, epoch};
    std::erase_if(rows_, [&](const log::KeptRow& row) { return row.sequence > head.sequence(); });
    sequencer_.restart(origin_, rows_);
    follower_->restart(origin_, rows_, why);
    follower_->wake();
  }

 private:
  struct Waiting {
    log::Append append;
    Done done;
    std::vector<log::Entry> entries;  // of the append, which stays where it is
    BootTime due;
    std::function<void(bool)> settle;  // of one that was answered early
  };

  static void answer(Waiting& one, bool is_kept) {
    if (one.settle) one.settle(is_kept);
    if (one.done) one.done(std::move(one.append));
  }

  std::chrono::milliseconds unix_time() const {
    return std::chrono::floor<std::chrono::milliseconds>(clock_.now().wall).time_since_epoch();
  }

  void order(Waiting& waiting) {
    for (std::size_t next = 0; next < waiting.append.items().size();) {
      next = sequencer_.order(waiting.append, next, unix_time(), waiting.entries);
    }
  }

  static void forget_judgement(Waiting& waiting) {
    waiting.entries.clear();
    for (auto& item : waiting.append.items()) {
      if (item.outcome.kind != log::Outcome::Kind::kFailed) item.outcome = {};
    }
  }

  void keep(const log::Entry& entry) {
    origin_.head = entry.id;
    const auto& row = entry.row;
    if (row.kind == log::RowChange::Kind::kErase) {
      std::erase_if(rows_, [&](const log::KeptRow& kept) { return kept.key == row.key; });
    } else if (row.kind != log::RowChange::Kind::kNone) {
      rows_.push_back(
          {entry.id.sequence(), row.kind, row.key, std::string(row.name), std::string(row.bytes)});
    }
    if (!entry.drop) return;
    rows_.erase(std::find_if(rows_.begin(), rows_.end(), [&](const log::KeptRow& kept) {
      return kept.kind == log::RowChange::Kind::kAdd && kept.key == *entry.drop;
    }));
  }

  wire::Epoch epoch_;
  const Clock& clock_;
  log::Follower* follower_ = nullptr;
  log::JournalState state_ = log::JournalState::kNew;
  log::Origin origin_;              // of what is committed
  std::vector<log::KeptRow> rows_;  // committed, in order
  log::Sequencer sequencer_;        // of what waits, too
  std::list<Waiting> waiting_;
};

}  // namespace sse::test
