#include "sse/log/append.h"

#include <algorithm>
#include <utility>

#include "sse/base/check.h"
#include "sse/wire/encoder.h"

namespace sse::log {
namespace {

constexpr std::string_view kDefaultType = "message";

// What the data takes at least as it is sent, where that may matter: data that is too large by
// itself, with a field's name for each line, is not encoded only to be measured.
std::size_t smallest_block(std::string_view data, std::size_t most) {
  constexpr std::size_t kField = 7;  // `data: ` and its end of line
  if (data.size() <= most / kField) return data.size();
  const auto feeds = std::count(data.begin(), data.end(), '\n');
  const auto returns = std::count(data.begin(), data.end(), '\r');
  const auto lines = std::max(feeds, returns);  // \r\n ends one
  return data.size() - static_cast<std::size_t>(feeds + returns) +
         kField * static_cast<std::size_t>(lines);
}

}  // namespace

void Outcome::fail(Error error) {
  kind = Kind::kFailed;
  code = error.code;
  text = std::move(error.text);
}

void Append::drop_last() {
  bytes_.resize(items_.back().begin_);
  items_.pop_back();
}

void Append::clear() {
  full_.clear();
  full_bytes_ = 0;
  bytes_.clear();
  piece_ = 0;
  items_.clear();
  refusal_.reset();
  if (repeat_) repeat_ = nullptr;
}

void Append::begin_piece() {
  full_bytes_ += bytes_.size();
  full_.push_back(std::exchange(bytes_, std::string()));
  ++piece_;
}

void Append::add(const wire::Event& event, const RowChange& row, Condition condition,
                 std::size_t slot) {
  if (bytes_.size() >= kMaxSliceBytes) begin_piece();
  Item& item = items_.emplace_back();
  item.piece_ = piece_;
  item.begin_ = static_cast<std::uint32_t>(bytes_.size());
  item.slot_ = slot;
  item.condition_ = condition;
  // Room for all of it at once: what wire::encode() adds around the texts is shorter than this.
  constexpr std::size_t kFields = 96;
  bytes_.reserve(item.begin_ + kFields + event.data.size() +
                 2 * (event.type.size() + event.topic.size()) + row.name.size() + row.bytes.size());
  if (auto refusal = encode(event)) {
    bytes_.resize(item.begin_);
    item.outcome.fail(*std::move(refusal));
    return;
  }
  const std::string_view type = event.type.empty() ? kDefaultType : std::string_view(event.type);
  SSE_CHECK(row.name.size() <= kMaxNameSize);
  item.block_size_ = static_cast<std::uint32_t>(bytes_.size() - item.begin_);
  item.type_hash_ = NameKey(type, limits_.name_hash).hash;
  item.topic_hash_ = NameKey(event.topic, limits_.name_hash).hash;
  item.type_size_ = static_cast<std::uint16_t>(type.size());
  item.topic_size_ = static_cast<std::uint16_t>(event.topic.size());
  item.row_name_size_ = static_cast<std::uint16_t>(row.name.size());
  item.row_size_ = static_cast<std::uint32_t>(row.bytes.size());
  item.row_key_ = row.key;
  item.row_kind_ = row.kind;
  bytes_.append(type).append(event.topic).append(row.name).append(row.bytes);
}

std::optional<Error> Append::encode(const wire::Event& event) {
  if (event.type.size() > kMaxNameSize || event.topic.size() > kMaxNameSize) {
    return Error{ErrorCode::kTooLarge, "the type or topic of an event is longer than " +
                                           std::to_string(kMaxNameSize) + " bytes"};
  }
  const std::size_t begin = bytes_.size();
  const std::size_t most = limits_.max_event_size;
  const bool may_fit = smallest_block(event.data, most) <= most;
  if (may_fit) wire::encode(event, bytes_);
  if (may_fit && bytes_.size() - begin <= most) return std::nullopt;
  return Error{ErrorCode::kTooLarge, "the event is larger than " + std::to_string(most) +
                                         " bytes as it is sent (--max-event-size)"};
}

Entry Append::entry(const Item& item, const wire::EventId& id) const {
  const std::string_view all = bytes_from(item);
  const std::string_view names = all.substr(item.block_size_);
  return {id,
          all.substr(0, item.block_size_),
          NameKey(names.substr(0, item.type_size_), item.type_hash_),
          NameKey(names.substr(item.type_size_, item.topic_size_), item.topic_hash_),
          row(item),
          std::nullopt};
}

RowChange Append::row(const Item& item) const {
  const std::size_t begin = item.block_size_ + item.type_size_ + item.topic_size_;
  const std::string_view bytes = bytes_from(item).substr(begin);
  return {item.row_kind_, item.row_key_, bytes.substr(0, item.row_name_size_),
          bytes.substr(item.row_name_size_, item.row_size_)};
}

void Append::forget_judgements() {
  for (Item& item : items_) {
    const bool was_refused = item.block_size_ == 0;
    if (!was_refused) item.outcome = {};
  }
}

bool Append::has_pending() const {
  return std::any_of(items_.begin(), items_.end(),
                     [](const Item& item) { return item.is_pending(); });
}

std::size_t Append::pending_count() const {
  return static_cast<std::size_t>(std::count_if(
      items_.begin(), items_.end(), [](const Item& item) { return item.is_pending(); }));
}

void Append::fail_pending(const Error& error) {
  for (Item& item : items_) {
    if (item.is_pending()) item.outcome.fail(error);
  }
}

void Append::refuse(Error error) {
  if (items_.size() == 1) fail_pending(error);
  refusal_ = std::move(error);
}

}  // namespace sse::log
