#include "journal/life.h"

#include <chrono>
#include <filesystem>
#include <future>
#include <system_error>
#include <utility>

#include "sse/log/chunk.h"
#include "sse/wire/encoder.h"

namespace sse::test {
namespace {

using Kind = log::Outcome::Kind;

/// The block behind its line with the id, which the journal may fill in or not.
std::string text_of(std::string_view block) {
  return std::string(block.substr(block.find('\n')));
}

}  // namespace

Life::Life(RecordingVfs& disk, const Clock& clock, RandomSource& random, Options options,
           const std::optional<std::string>& head)
    : disk_(disk), clock_(clock), random_(random), options_(std::move(options)) {
  if (head) write_text(directory_.file("head"), *head);
  options_.journal.directory = directory_.path();
  options_.journal.vfs = disk.name();
  disk.before_sync([this] { before_sync(); });
}

Status Life::start() {
  SSE_TRY(start_without_archive());
  return read_archive();
}

Status Life::start_without_archive() {
  journal_ = SSE_TRY(journal::SqliteJournal::open(options_, clock_, random_));
  return journal_->start(*this);
}

// Damage that is met on the way moves the tail behind it.
Status Life::read_archive() {
  for (const log::KeptPart& part : parts_) {
    auto first = part.first.sequence();
    while (first <= part.last) {
      const auto chunks = read(first, part.last);
      const MutexLock lock(mutex_);
      if (chunks) {
        SSE_TRY(tell_chunks(*chunks, first, part.last));
        break;
      }
      const auto tail = tail_ ? tail_->oldest.sequence() : 0;
      if (chunks.error().code != ErrorCode::kNotFound || tail <= first) return chunks.error();
      first = tail;
      events_.erase(events_.begin(), events_.lower_bound(tail));
    }
  }
  return {};
}

Status Life::tell_chunks(const std::vector<std::string>& chunks, wire::Sequence first,
                         wire::Sequence last) {
  for (const auto& chunk : chunks) {
    const auto entries = SSE_TRY(log::decode_chunk(chunk, KeyedHash()));
    for (const auto& entry : entries) {
      const auto sequence = entry.id.sequence();
      if (sequence < first || sequence > last) continue;
      events_[sequence] = {entry.id, text_of(entry.block)};
    }
  }
  return {};
}

Result<std::vector<std::string>> Life::read(wire::Sequence first, wire::Sequence last) {
  std::promise<Result<std::vector<std::string>>> read;
  journal_->read(first, last, [&](Result<std::vector<std::string>> chunks) {
    read.set_value(std::move(chunks));
  });
  return read.get_future().get();
}

Life::~Life() {
  release_syncs();
  journal_.reset();
  disk_.before_sync({});
}

void Life::ask(log::Append& append, std::vector<Wish> wishes) {
  {
    const MutexLock lock(mutex_);
    ++pending_;
  }
  const auto later = [&]() -> log::Journal::Done {
    return [this, wishes](log::Append&& known) { answered(known, wishes); };
  };
  if (journal_->append(append, later) == log::Answered::kNow) answered(append, wishes);
}

void Life::wait_for_all_but(std::size_t pending) {
  const MutexLock lock(mutex_);
  while (pending_ > pending) answers_.wait(mutex_);
}

void Life::wait() {
  wait_for_all_but(0);
}

void Life::stop() {
  journal_->stop(std::chrono::seconds(30));
}

std::optional<std::string> Life::head() const {
  const std::string path = directory_.file("head");
  if (!std::filesystem::exists(path)) return std::nullopt;
  return read_text(path);
}

std::uint64_t Life::reserve_size() const {
  std::error_code error;
  const auto size = std::filesystem::file_size(directory_.file("reserve"), error);
  return error ? 0 : size;
}

void Life::hold_syncs() {
  const MutexLock lock(mutex_);
  holds_syncs_ = true;
}

void Life::release_syncs() {
  const MutexLock lock(mutex_);
  holds_syncs_ = false;
  answers_.notify_all();
}

void Life::wait_for_sync() {
  const MutexLock lock(mutex_);
  while (held_ == 0) answers_.wait(mutex_);
}

std::size_t Life::pending() {
  const MutexLock lock(mutex_);
  return pending_;
}

void Life::before_sync() {
  see_head();
  const MutexLock lock(mutex_);
  ++held_;
  answers_.notify_all();
  while (holds_syncs_) answers_.wait(mutex_);
  --held_;
}

void Life::see_head() {
  auto bytes = read_text(directory_.file("head"));
  const MutexLock lock(mutex_);
  if (heads_.empty() || heads_.back().bytes != bytes) {
    heads_.push_back({disk_.position(), std::move(bytes)});
  }
}

void Life::load(const log::Origin& origin, std::span<const log::KeptRow> rows) {
  const MutexLock lock(mutex_);
  origin_ = origin;
  rows_.load(origin.head.sequence(), rows);
  first_rows_ = rows_;
  for (const auto& row : rows) {
    if (row.kind == log::RowChange::Kind::kPut) puts_[row.key] = row.sequence;
  }
}

void Life::load_part(const log::KeptPart& part) {
  const MutexLock lock(mutex_);
  parts_.push_back(part);
}

void Life::begin_parts(std::span<const wire::EventId> first) {
  const MutexLock lock(mutex_);
  marks_.insert(marks_.end(), first.begin(), first.end());
}

void Life::move_tail(const log::Tail& tail) {
  const MutexLock lock(mutex_);
  tail_ = tail;
}

void Life::add(std::span<const log::Entry> entries, BootTime /*now*/) {
  see_head();
  const MutexLock lock(mutex_);
  for (const auto& entry : entries) tell(entry);
  promises_.push_back({disk_.position(), entries.back().id.sequence()});
}

void Life::tell(const log::Entry& entry) {
  const auto sequence = entry.id.sequence();
  events_[sequence] = {entry.id, text_of(entry.block)};
  rows_.apply(entry);
  if (entry.row.kind == log::RowChange::Kind::kPut) puts_[entry.row.key] = sequence;
  if (entry.row.kind == log::RowChange::Kind::kErase) erases_[entry.row.key] = sequence;
  if (keeps_row_history_) row_history_[sequence] = rows_;
}

void Life::restart(const log::Origin& origin, std::span<const log::KeptRow> rows,
                   std::string_view /*why*/) {
  const MutexLock lock(mutex_);
  ++restarts_;
  origin_ = origin;
  const bool is_ahead = !events_.empty() && events_.rbegin()->first < origin.head.sequence();
  if (is_ahead) events_.clear();  // a log has no holes
  events_.erase(events_.upper_bound(origin.head.sequence()), events_.end());
  parts_.clear();
  marks_.clear();
  rows_.load(origin.head.sequence(), rows);
}

// An answer promises what it tells of: its own event, the row that has the name, the deletion of
// the row that is not there.
void Life::answered(const log::Append& known, const std::vector<Wish>& wishes) {
  const MutexLock lock(mutex_);
  Promise promise{disk_.position(), 0};
  std::size_t next = 0;
  for (const auto& item : known.items()) {
    const auto needed = needed_by(item, wishes[next++]);
    promise.sequence = std::max(promise.sequence, needed);
  }
  promises_.push_back(promise);
  --pending_;
  answers_.notify_all();
}

wire::Sequence Life::needed_by(const log::AppendItem& item, const Wish& wish) {
  const log::Outcome& outcome = item.outcome;
  switch (outcome.kind) {
    case Kind::kAppended:
      ++appended_;
      return outcome.id.sequence();
    case Kind::kNameTaken:
      return puts_.contains(outcome.row) ? puts_.at(outcome.row) : wire::kMaxSequence;
    case Kind::kNoSuchRow:
      return erases_.contains(wish.key) ? erases_.at(wish.key) : 0;
    case Kind::kNoRoom:
      break;
    case Kind::kPending:
      failures_.push_back({ErrorCode::kUnknown, "an item has no outcome"});
      break;
    case Kind::kFailed:
      if (outcome.code == ErrorCode::kUnavailable || outcome.code == ErrorCode::kFull) {
        ++refused_;
      } else {
        failures_.push_back(outcome.error());
      }
      break;
  }
  return 0;
}

}  // namespace sse::test
