#include "batch_reader.h"

#include "sse/base/quantities.h"

namespace sse::pub {
namespace {

/// Half of what a hub takes in one request unless its --max-body says otherwise.
constexpr std::size_t kMaxBody = std::size_t{512} << 10U;

/// Input without anything to publish must not gather for ever.
constexpr std::size_t kMaxRaw = std::size_t{4} << 20U;

}  // namespace

BatchReader::Got BatchReader::gather(Batch& batch, int wake_fd) {
  if (batch.is_empty()) deadline_.reset();
  while (!is_full(batch)) {
    if (!is_held_) {
      const auto got = source_.next(record_, deadline_, wake_fd);
      switch (got) {
        case RecordSource::Got::kRecord:
          break;
        case RecordSource::Got::kDeadline:
          return Got::kDeadline;
        case RecordSource::Got::kWoken:
          return Got::kWoken;
        case RecordSource::Got::kEnd:
          return Got::kEnd;
        case RecordSource::Got::kStopped:
          return Got::kStopped;
        case RecordSource::Got::kFailed:
          failure_ = {ErrorCode::kIo, source_.failure()};
          return Got::kFailed;
      }
      if (!record_.is_too_long) read_ = format_.read(record_.text, item_);
    }
    is_held_ = false;
    if (!deadline_ && !forced_end_) deadline_ = clock_.now().boot + limits_.longest;
    const auto ended = record_.is_too_long ? add_piece(batch) : add_record(batch);
    if (ended) return *ended;
  }
  forced_end_.reset();
  return Got::kFull;
}

bool BatchReader::skip(std::uint64_t size, const std::function<void(std::string_view)>& pass) {
  if (format_.has_head() && size > 0) {
    if (source_.next(record_, std::nullopt, -1) != RecordSource::Got::kRecord) return false;
    read_ = format_.read(record_.text, item_);
    pass(record_.raw);
  }
  while (source_.position() < size) {
    const auto bytes = source_.take_bytes(size - source_.position());
    if (!bytes) return false;
    pass(*bytes);
  }
  position_ = source_.position();
  return true;
}

const Item& BatchReader::reread(std::string_view raw) {
  [[maybe_unused]] const Status as_before = format_.read(raw, item_again_);
  return item_again_;
}

void BatchReader::reject_held(Batch& batch) {
  is_held_ = false;
  reject(batch, lookup_failure_.text);
}

// ---- one record; a value: the batch has ended

std::optional<BatchReader::Got> BatchReader::add_record(Batch& batch) {
  if (const auto failure = format_.failure()) {
    failure_ = *failure;
    return Got::kFailed;
  }
  if (!read_) {
    reject(batch, read_.error().text);
    return std::nullopt;
  }
  switch (item_.kind) {
    case Item::Kind::kReading:
      return add_reading(batch);
    case Item::Kind::kEvent:
      return add_item(batch, {});
    case Item::Kind::kSkipped:
      ++batch.skipped;
      break;
    case Item::Kind::kNothing:
      break;
  }
  append_raw(batch);
  return std::nullopt;
}

/// A record that is too long is a batch, or several, of its own: it could not be held in one.
std::optional<BatchReader::Got> BatchReader::add_piece(Batch& batch) {
  if (!batch.is_empty()) {
    is_held_ = true;
    return Got::kFull;
  }
  reject(batch, "it is longer than " + format_size(RecordSource::kMaxRecord));
  batch.ends_record = record_.is_last_piece;
  return Got::kFull;
}

std::optional<BatchReader::Got> BatchReader::add_reading(Batch& batch) {
  const auto id = ids_.find(item_.metric);
  if (id) return add_item(batch, *id);
  if (id.error().kind == client::PublishError::Kind::kInvalid) {
    reject(batch, id.error().text);
    return std::nullopt;
  }
  is_held_ = true;
  lookup_failure_ = id.error();
  return Got::kNoMetric;
}

std::optional<BatchReader::Got> BatchReader::add_item(Batch& batch, std::string_view metric_id) {
  const bool fits = batch.body.size() + item_.json.size() <= kMaxBody || forced_end_;
  if (!batch.items.empty() && (batch.kind != item_.kind || !fits)) {
    is_held_ = true;
    return Got::kFull;
  }
  batch.kind = item_.kind;
  batch.items.push_back({record_.line, batch.raw.size(), record_.raw.size()});
  append_item(item_, metric_id, batch.body);
  append_raw(batch);
  return std::nullopt;
}

void BatchReader::append_raw(Batch& batch) {
  batch.raw += record_.raw;
  position_ += record_.raw.size();
}

void BatchReader::reject(Batch& batch, std::string why) {
  batch.bad.push_back({{record_.line, batch.raw.size(), record_.raw.size()}, std::move(why)});
  append_raw(batch);
}

bool BatchReader::is_full(const Batch& batch) const {
  if (forced_end_) return position_ >= *forced_end_;
  return batch.items.size() >= limits_.most_items || batch.body.size() >= kMaxBody ||
         batch.raw.size() >= kMaxRaw;
}

void append_item(const Item& item, std::string_view metric_id, std::string& body) {
  if (item.kind == Item::Kind::kReading) {
    body.append("{\"metric_id\":\"").append(metric_id).append("\"");
  }
  body.append(item.json).append("\n");
}

}  // namespace sse::pub
