#include "sse/log/event_log.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "sse/log/retained.h"
#include "sse/wire/encoder.h"

namespace sse::log {
namespace {

constexpr std::string_view kDefaultType = "message";

// The longest that the lock is held for: this many events, or this many bytes and one event.
constexpr std::size_t kMaxHoldEvents = 256;
constexpr std::size_t kMaxHoldBytes = std::size_t{256} << 10U;

EventLog::Options bounded(EventLog::Options options) {
  options.retention.max_bytes = std::max(options.retention.max_bytes, kMinLogBytes);
  // Segments are unlinked whole: with eight of them or more, what is kept is near the ceiling.
  // Their index and names can double them when events are tiny.
  options.segment_size = std::min(options.segment_size, options.retention.max_bytes / 8);
  options.max_event_size = std::min(options.max_event_size, options.segment_size);
  return options;
}

}  // namespace

/// Events of one lock hold, encoded before it.
class EventLog::Encoded {
 public:
  struct Item {
    std::size_t size;  ///< of its block; they follow each other
    NameKey type;
    NameKey topic;
    std::optional<Error> refusal;
  };

  explicit Encoded(const Options& options)
      : max_event_size_(options.max_event_size), name_hash_(options.name_hash) {}

  bool is_full() const {
    return items_.size() == kMaxHoldEvents || blocks_.size() >= kMaxHoldBytes;
  }

  void add(const wire::Event& event) {
    const std::size_t begin = blocks_.size();
    auto refusal = encode(event);
    if (refusal) blocks_.resize(begin);
    items_.push_back(
        {blocks_.size() - begin,
         NameKey(event.type.empty() ? kDefaultType : std::string_view(event.type), name_hash_),
         NameKey(event.topic, name_hash_), std::move(refusal)});
  }

  void clear() {
    blocks_.clear();
    items_.clear();
  }

  const std::string& blocks() const { return blocks_; }
  const std::vector<Item>& items() const { return items_; }

 private:
  std::optional<Error> encode(const wire::Event& event) {
    if (event.type.size() > kMaxNameSize || event.topic.size() > kMaxNameSize) {
      return Error{ErrorCode::kTooLarge, "the type or topic of an event is longer than " +
                                             std::to_string(kMaxNameSize) + " bytes"};
    }
    const std::size_t begin = blocks_.size();
    // Data that is too large by itself is not encoded only to be measured.
    if (event.data.size() <= max_event_size_) wire::encode(event, blocks_);
    if (event.data.size() <= max_event_size_ && blocks_.size() - begin <= max_event_size_) {
      return std::nullopt;
    }
    return Error{ErrorCode::kTooLarge,
                 "the event is larger than " + std::to_string(max_event_size_) +
                     " bytes as it is sent (--max-event-size; at most an eighth of "
                     "--max-log-bytes)"};
  }

  const std::size_t max_event_size_;
  const KeyedHash name_hash_;
  std::string blocks_;
  std::vector<Item> items_;
};

EventLog::EventLog(const Options& options, const Clock& clock)
    : clock_(clock),
      options_(bounded(options)),
      retained_(std::make_unique<Retained>(options_, clock.now())) {
}

EventLog::~EventLog() = default;

Result<wire::EventId> EventLog::append(const wire::Event& event) {
  Encoded encoded(options_);
  encoded.add(event);
  std::vector<Result<wire::EventId>> results;
  keep(encoded, results);
  return std::move(results.front());
}

std::vector<Result<wire::EventId>> EventLog::append_batch(std::span<const wire::Event> events) {
  std::vector<Result<wire::EventId>> results;
  results.reserve(events.size());
  Encoded encoded(options_);
  for (const auto& event : events) {
    encoded.add(event);
    if (!encoded.is_full()) continue;
    keep(encoded, results);
    encoded.clear();
  }
  if (!encoded.items().empty()) keep(encoded, results);
  return results;
}

void EventLog::keep(const Encoded& encoded, std::vector<Result<wire::EventId>>& results) {
  const Now now = clock_.now();
  std::vector<std::shared_ptr<const Segment>> unlinked;  // freed after the lock is released
  std::string_view blocks = encoded.blocks();
  const MutexLock lock(mutex_);
  for (const auto& item : encoded.items()) {
    if (item.refusal) {
      results.emplace_back(*item.refusal);
    } else if (retained_->head() == wire::kMaxSequence) {
      results.emplace_back(Error{ErrorCode::kFull, "the log has used up its sequence numbers"});
    } else {
      results.emplace_back(
          retained_->append({blocks.substr(0, item.size), item.type, item.topic}, now));
    }
    blocks.remove_prefix(item.size);
  }
  retained_->expire(now);
  unlinked = retained_->take_unlinked();
  head_.store(retained_->head(), std::memory_order_release);
}

View EventLog::view() {
  const Now now = clock_.now();
  std::vector<std::shared_ptr<const Segment>> unlinked;  // freed after the lock is released
  const MutexLock lock(mutex_);
  retained_->expire(now);
  unlinked = retained_->take_unlinked();
  return retained_->view();
}

LogUsage EventLog::usage() {
  const Now now = clock_.now();
  std::vector<std::shared_ptr<const Segment>> unlinked;  // freed after the lock is released
  const MutexLock lock(mutex_);
  retained_->expire(now);
  unlinked = retained_->take_unlinked();
  return retained_->usage();
}

}  // namespace sse::log
