#include "sse/log/part_copy.h"

#include <algorithm>

#include "sse/log/chunk.h"

namespace sse::log {
namespace {

Error damaged(const char* why) {
  return {ErrorCode::kInvalid, std::string("a part of the log is damaged: ") + why};
}

/// Fills segments with what is left of the chunks: one, where their names fit it and they have one
/// epoch.
class PartWriter {
 public:
  PartWriter(const PartRange& range, std::size_t bytes, const KeyedHash& name_hash)
      : next_(range.first), last_(range.last), bytes_left_(bytes), name_hash_(name_hash) {}

  Status add(std::string_view chunk) {
    const auto entries = SSE_TRY(decode_chunk(chunk, name_hash_));
    for (const Entry& entry : entries) {
      if (entry.id.sequence() < next_ || next_ > last_) continue;
      if (entry.id.sequence() != next_) return damaged("an event is missing");
      if (segment_ == nullptr || !segment_->has_room(entry, kAge)) start_segment(entry);
      segment_->append(entry, kAge);
      ++next_;
    }
    bytes_left_ -= chunk.size();
    return {};
  }

  Result<PartCopy> finish() {
    if (next_ <= last_) return damaged("its end is missing");
    count_segment();
    return PartCopy{std::move(table_), last_, bytes_};
  }

 private:
  // How old they are is the journal's business.
  static constexpr BootTime kAge = {};

  // A chunk is larger than the blocks in it, so what is left of the chunks has room for them.
  void start_segment(const Entry& entry) {
    count_segment();
    segment_ = std::make_shared<Segment>(bytes_left_, entry.id, offset_, kAge, name_hash_);
    table_->slots.push_back({segment_->first(), segment_});
  }

  void count_segment() {
    if (segment_ == nullptr) return;
    bytes_ += segment_->footprint();
    offset_ += segment_->end_of(segment_->size() - 1);
  }

  wire::Sequence next_;
  const wire::Sequence last_;
  std::size_t bytes_left_;
  const KeyedHash& name_hash_;
  std::shared_ptr<SegmentTable> table_ = std::make_shared<SegmentTable>();
  std::shared_ptr<Segment> segment_;
  std::uint64_t offset_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<PartCopy> copy_part(std::span<const std::string> chunks, const PartRange& range,
                           const KeyedHash& name_hash) {
  std::size_t bytes = 0;
  for (const std::string& chunk : chunks) bytes += chunk.size();
  PartWriter writer(range, bytes, name_hash);
  for (const std::string& chunk : chunks) SSE_TRY(writer.add(chunk));
  return writer.finish();
}

}  // namespace sse::log
