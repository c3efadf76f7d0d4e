#include "durable/raw_journal.h"

#include <span>
#include <utility>

#include "sse/log/chunk.h"

namespace sse::bench {
namespace {

// As SqliteJournal has it.
constexpr std::size_t kBatchBytes = std::size_t{4} << 20U;
constexpr wire::Epoch kEpoch = 5;

}  // namespace

RawJournal::RawJournal(RawFile file, const Clock& clock)
    : clock_(clock), file_(std::move(file)), sequencer_(log::RowLimits()) {
}

RawJournal::~RawJournal() {
  stop({});
}

log::Origin RawJournal::origin() {
  return {wire::EventId::make(std::chrono::milliseconds(1), kEpoch, 0), kEpoch};
}

Status RawJournal::start(log::Follower& follower) {
  follower_ = &follower;
  sequencer_.restart(origin(), {});
  follower.load(origin(), {});
  writer_ = std::thread([this] { run(); });
  return {};
}

log::Answered RawJournal::append(log::Append& append, FunctionRef<Done()> later) {
  auto waiting = std::make_unique<Waiting>(Waiting{std::move(append), later()});
  const MutexLock lock(mutex_);
  queue_.push_back(std::move(waiting));
  if (is_idle_) work_.notify_one();
  return log::Answered::kLater;
}

void RawJournal::stop(std::chrono::nanoseconds /*limit*/) {
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    work_.notify_one();
  }
  if (writer_.joinable()) writer_.join();
}

void RawJournal::run() {
  while (true) {
    Batch batch = next_batch();
    if (batch.empty()) return;
    keep(batch);
  }
}

/// Empty: nothing comes any more.
RawJournal::Batch RawJournal::next_batch() {
  const MutexLock lock(mutex_);
  is_idle_ = true;
  while (queue_.empty() && !is_stopping_) work_.wait(mutex_);
  is_idle_ = false;
  Batch batch;
  std::size_t bytes = 0;
  while (!queue_.empty() && (batch.empty() || bytes <= kBatchBytes)) {
    bytes += queue_.front()->append.footprint();
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void RawJournal::keep(Batch& batch) {
  if (const auto written = write(batch); written) {
    follower_->add(entries_, clock_.now().boot);
    follower_->wake();
  } else {
    for (auto& waiting : batch) {
      waiting->append.forget_judgements();
      waiting->append.fail_pending(written.error());
    }
  }
  for (auto& waiting : batch) waiting->done(std::move(waiting->append));
}

Status RawJournal::write(Batch& batch) {
  entries_.clear();
  const auto time =
      std::chrono::floor<std::chrono::milliseconds>(clock_.now().wall).time_since_epoch();
  for (auto& waiting : batch) {
    for (std::size_t next = 0; next < waiting->append.items().size();) {
      next = sequencer_.order(waiting->append, next, time, entries_);
    }
  }
  for (std::span<const log::Entry> rest = entries_; !rest.empty();) {
    const auto chunk = log::chunk_of(rest);
    file_.add(log::encode_chunk(chunk));
    rest = rest.subspan(chunk.size());
  }
  for (const auto& waiting : batch) {
    if (const auto kept = waiting->append.repeat(); !kept.text.empty()) file_.add(kept.text);
  }
  ++commits_;
  SSE_TRY(file_.write());
  return file_.sync();
}

}  // namespace sse::bench
