#include "sse/journal/redis_reader.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "sse/base/logging.h"
#include "sse/base/thread_time.h"
#include "sse/journal/outcomes.h"
#include "sse/journal/redis_parts.h"
#include "sse/log/chunk.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kEnd = "+";

Error changed() {
  return {ErrorCode::kIo, "the cluster's Redis has changed"};
}

bool is_before(wire::Sequence sequence, const wire::EventId& part) {
  return sequence < part.sequence();
}

}  // namespace

// ---- any thread

Status RedisReader::start() {
  {
    const MutexLock lock(mutex_);
    takes_reads_ = true;
  }
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& failure) {
    const MutexLock lock(mutex_);
    takes_reads_ = false;
    return Error{ErrorCode::kIo, std::string("cannot start a thread: ") + failure.what()};
  }
  return {};
}

void RedisReader::stop() {
  {
    const MutexLock lock(mutex_);
    takes_reads_ = false;
    work_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void RedisReader::read(wire::Sequence first, wire::Sequence last, Done done) {
  {
    const MutexLock lock(mutex_);
    if (takes_reads_) {
      reads_.push_back({first, last, std::move(done)});
      work_.notify_all();
      return;
    }
  }
  done(log::journal_refusal(log::JournalState::kStopped));
}

void RedisReader::use(const RedisEngine& engine, const std::vector<EpochRecord>& epochs) {
  const auto is_same = [&](const Source& source) {
    return source.engine == engine && source.epochs.size() == epochs.size() &&
           source.epochs.back().epoch == epochs.back().epoch;
  };
  const MutexLock lock(mutex_);
  if (wanted_ != nullptr && is_same(*wanted_)) return;
  wanted_ = std::make_shared<const Source>(Source{engine, epochs});
}

void RedisReader::use_none() {
  const MutexLock lock(mutex_);
  wanted_ = nullptr;
}

void RedisReader::begin_part(const wire::EventId& first) {
  const MutexLock lock(mutex_);
  parts_.push_back(first);
}

void RedisReader::forget_before(wire::Sequence sequence) {
  const MutexLock lock(mutex_);
  while (parts_.size() > 1 && parts_[1].sequence() <= sequence) parts_.pop_front();
}

void RedisReader::set_parts(std::deque<wire::EventId> first, milliseconds newest) {
  const MutexLock lock(mutex_);
  newest_ms_ = newest.count();
  parts_.swap(first);
}

std::optional<wire::EventId> RedisReader::part_of(wire::Sequence sequence) const {
  const MutexLock lock(mutex_);
  const auto next = std::upper_bound(parts_.begin(), parts_.end(), sequence, is_before);
  if (next == parts_.begin()) return std::nullopt;
  return *std::prev(next);
}

bool RedisReader::is_stopping() const {
  const MutexLock lock(mutex_);
  return !takes_reads_;
}

// ---- the reader's thread

void RedisReader::run() {
  while (auto read = next_read()) {
    Chunks chunks = Error{ErrorCode::kIo, "events cannot be read back"};
    try {
      const auto range = range_of(*read);
      chunks = range ? read_range(*range)
                     : Error{ErrorCode::kNotFound, "these events are not in the log any more"};
    } catch (const std::exception& failure) {
      connection_ = RedisConnection();
      chunks = Error{ErrorCode::kIo, std::string("events cannot be read back: ") + failure.what()};
    }
    if (is_stopping()) chunks = log::journal_refusal(log::JournalState::kStopped);
    call_guarded([&] { read->done(std::move(chunks)); });
  }
}

/// Nullopt once it is stopped, and each has its answer.
std::optional<RedisReader::Read> RedisReader::next_read() {
  std::deque<Read> refused;
  {
    const MutexLock lock(mutex_);
    while (takes_reads_ && reads_.empty()) work_.wait(mutex_);
    if (takes_reads_) {
      Read next = std::move(reads_.front());
      reads_.pop_front();
      return next;
    }
    refused.swap(reads_);
  }
  for (const Read& one : refused) {
    call_guarded([&] { one.done(log::journal_refusal(log::JournalState::kStopped)); });
  }
  return std::nullopt;
}

/// Lets live streams and requests have the machine. False: it is stopped.
bool RedisReader::rest() {
  if (has_events_.exchange(false)) allowance_.note_commit({}, steady_clock::now());
  const Time until = steady_clock::now() + allowance_.rest(steady_clock::now());
  const MutexLock lock(mutex_);
  while (takes_reads_ && steady_clock::now() < until) work_.wait_until(mutex_, until);
  return takes_reads_;
}

RedisPatience RedisReader::patience() {
  return {options_.patience, [this] { return !is_stopping(); }};
}

// To the end of the part, so that a reply is never larger than that, however many entries are in
// it: the first event of the next one bounds it by its time, or the newest event that has come.
std::optional<RedisReader::Range> RedisReader::range_of(const Read& read) const {
  const MutexLock lock(mutex_);
  const auto next = std::upper_bound(parts_.begin(), parts_.end(), read.first, is_before);
  if (next == parts_.begin()) return std::nullopt;
  if (next != parts_.end() && read.last >= next->sequence()) return std::nullopt;
  Range range;
  range.from = RedisPlace{std::prev(next)->unix_time(), read.first}.text();
  const std::int64_t end = next == parts_.end() ? newest_ms_.load() : next->unix_time().count();
  range.to = std::to_string(end);
  range.next = read.first;
  range.last = read.last;
  return range;
}

/// To the engine that is to be read now.
Status RedisReader::connect() {
  std::shared_ptr<const Source> wanted;
  {
    const MutexLock lock(mutex_);
    wanted = wanted_;
  }
  if (wanted == nullptr) {
    connection_ = RedisConnection();
    return Error{ErrorCode::kIo, "the cluster's Redis is lost"};
  }
  if (connection_.is_open() && wanted == source_) return {};
  const bool is_same = source_ != nullptr && wanted->engine == source_->engine;
  source_ = std::move(wanted);
  if (connection_.is_open() && is_same) return {};
  connection_ = RedisConnection();
  auto opened = source_->engine.open(patience());
  if (!opened) return Error{ErrorCode::kIo, opened.error().text};
  connection_ = *std::move(opened);
  is_used_ = false;
  return {};
}

RedisReader::Chunks RedisReader::read_range(Range range) {
  while (range.next <= range.last) {
    if (!rest()) return log::journal_refusal(log::JournalState::kStopped);
    const auto before = thread_time();
    Status piece = connect();
    if (piece && range.source != nullptr && range.source != source_) {
      piece = changed();
    }
    range.source = source_;
    if (piece) piece = read_piece(range);
    allowance_.note_read({}, thread_time() - before, steady_clock::now());
    if (!piece) return piece.error();
  }
  return std::move(range.chunks);
}

// A connection that was open may have ended while it was idle: then once more over another one.
Result<RedisReply> RedisReader::ask(const Range& range) {
  const std::string count = range.to == kEnd ? "1" : count_.text();
  const auto call = [&] {
    return connection_.call({"XRANGE", options_.log_key, range.from, range.to, "COUNT", count},
                            patience());
  };
  const bool may_have_ended = std::exchange(is_used_, true);
  auto reply = call();
  if (reply || !may_have_ended || connection_.exchange()) return reply;
  connection_ = RedisConnection();
  SSE_TRY(connect());
  if (range.source != source_) return changed();
  is_used_ = true;
  return call();
}

Status RedisReader::read_piece(Range& range) {
  const auto reply = ask(range);
  if (!reply || reply->is_error()) {
    connection_ = RedisConnection();
    return Error{ErrorCode::kIo, reply ? reply->text : reply.error().text};
  }
  if (reply->items.empty()) {
    // At the end of the stream the journal's tail says what has become of them.
    if (range.to == kEnd) return Error{ErrorCode::kNotFound, "these events are not in the log"};
    range.to = std::string(kEnd);
    return {};
  }
  if (range.to != kEnd) count_.take(*reply);
  for (const RedisReply& item : reply->items) {
    if (range.next > range.last) break;
    SSE_TRY(take(range, item));
  }
  return {};
}

/// Adds what the entry has of the range.
Status RedisReader::take(Range& range, const RedisReply& item) {
  const std::string& id = item.at(0).text;
  range.from = "(" + id;
  const auto entry = read_entry(item, options_.hash, options_.largest_event);
  if (!entry) {
    // Where it was an event's, the next one is found not to follow.
    if (std::exchange(damaged_at_, id) == id) return {};
    log_line(LogLevel::kError, "the entry " + id + " of the cluster's log cannot be read back: " +
                                   entry.error().text);
    return {};
  }
  if (entry->place.last < range.next) return {};
  if (!is_of_order(*entry)) {
    return Error{ErrorCode::kIo, "the entry " + id + " is of an epoch that is not known here"};
  }
  const bool is_begin = range.chunks.empty() && entry->first() <= range.next;
  if (!is_begin && entry->first() != range.next) return lose(range, *entry);
  std::string chunk;
  for (std::span<const log::Entry> rest = entry->entries; !rest.empty();) {
    const auto front = log::chunk_of(rest);
    log::encode_chunk(front, chunk);
    range.chunks.push_back(chunk);
    rest = rest.subspan(front.size());
  }
  range.next = entry->place.last + 1;
  return {};
}

/// What comes before `next` is gone for all who read.
Error RedisReader::lose(const Range& range, const RedisEntry& next) {
  const auto oldest =
      connection_.call({"XRANGE", options_.log_key, "-", "+", "COUNT", "1"}, patience());
  if (!oldest) connection_ = RedisConnection();  // its reply may still come
  const auto begin =
      oldest ? read_place(oldest->at(0).at(0).text) : Result<RedisPlace>(oldest.error());
  const MutexLock lock(mutex_);
  if (wanted_ != source_) return changed();
  // Retention may have gone on meanwhile.
  const bool is_retention =
      begin && (begin->time > next.place.time ||
                (begin->time == next.place.time && begin->last >= next.place.last));
  if (!is_retention) {
    log_hole(range.next, next.first());
  }
  options_.on_lost(next.entries.front().id);
  return {ErrorCode::kNotFound, "the log begins behind these events now"};
}

bool RedisReader::is_of_order(const RedisEntry& entry) const {
  const auto& epochs = source_->epochs;
  const auto after = std::find_if(epochs.begin(), epochs.end(), [&](const EpochRecord& record) {
    return record.first > entry.first();
  });
  return after == epochs.begin() || std::prev(after)->epoch == entry.epoch;
}

}  // namespace sse::journal
