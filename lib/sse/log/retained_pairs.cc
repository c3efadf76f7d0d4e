// Which event is the newest of each pair: bits in the segments, and what is archived of them.

#include <algorithm>
#include <string_view>
#include <vector>

#include "sse/log/retained.h"

namespace sse::log {

// Entries of the table below this one are stale.
wire::Sequence Retained::first_paired() const {
  return std::max(std::min(tail_, first_held()), pairs_forgotten_ + 1);
}

// REQUIRES: pairs_.prepare() was called. Of an archived event there is no text to compare: its hash
// is as good, 64 bits with a key.
void Retained::note_newest(const Segment& segment, std::size_t index, std::uint64_t pair,
                           wire::Sequence paired) {
  const wire::Sequence sequence = segment.first() + index;
  const wire::Sequence held = first_held();
  const auto is_of_pair = [&](wire::Sequence other) {
    if (other >= segment.first()) {
      return segment.have_same_names(index, static_cast<std::size_t>(other - segment.first()));
    }
    return other < held || is_same_pair(segment, index, other);
  };
  const wire::Sequence before = pairs_.replace(pair, sequence, paired, is_of_pair);
  if (before == 0) return count_pair(sequence);
  if (before < held) return history_->pairs->remove(before);
  const Segment& its = before < segment.first() ? segments_->at(before) : segment;
  its.set_newest(static_cast<std::size_t>(before - its.first()), false);
}

// After a restart events are held already whose pairs are in the table: those are newer.
void Retained::note_archived(const NewestInPart& newest) {
  const wire::Sequence paired = first_paired();
  const wire::Sequence held = first_held();
  if (newest.sequence < paired || newest.sequence >= held) return;
  const std::uint64_t pair =
      PairTable::hash_of(NameKey(newest.type, name_hash_), NameKey(newest.topic, name_hash_));
  pairs_.prepare(pair, paired);
  const auto is_of_pair = [&](wire::Sequence other) {
    return other < held || is_of_names(other, newest);
  };
  const wire::Sequence before = pairs_.replace(pair, newest.sequence, paired, is_of_pair);
  if (before >= held) {
    pairs_.replace(pair, before, paired,
                   [&](wire::Sequence other) { return other == newest.sequence; });
    return;
  }
  // What is held comes first where not all have room.
  const bool has_room = pair_count_ < max_pairs_ || held > head_;
  if (before == 0 && !has_room) return forget_archived_pairs();
  history_->pairs->add({&newest.sequence, 1});
  if (before == 0) return count_pair(newest.sequence);
  history_->pairs->remove(before);
}

bool Retained::is_of_names(wire::Sequence held, const NewestInPart& newest) const {
  const Segment& segment = segments_->at(held);
  const auto at = static_cast<std::size_t>(held - segment.first());
  return segment.names(Kind::kType).text(segment.name_of(at, Kind::kType)) == newest.type &&
         segment.names(Kind::kTopic).text(segment.name_of(at, Kind::kTopic)) == newest.topic;
}

// Past the limit all pairs become stale at once, which costs nothing; bits that stay set after it
// make readers see an older event of a pair beside the newest.
void Retained::count_pair(wire::Sequence sequence) {
  if (pair_count_ == max_pairs_) {
    pairs_forgotten_ = sequence - 1;
    pair_count_ = 0;
    if (history_ != nullptr) history_->pairs->forget_up_to(pairs_forgotten_);
  }
  ++pair_count_;
}

bool Retained::is_same_pair(const Segment& segment, std::size_t index, wire::Sequence other) const {
  const Segment& earlier = segments_->at(other);
  const auto at = static_cast<std::size_t>(other - earlier.first());
  return std::all_of(kKinds.begin(), kKinds.end(), [&](Kind kind) {
    return segment.names(kind).text(segment.name_of(index, kind)) ==
           earlier.names(kind).text(earlier.name_of(at, kind));
  });
}

// What the tail has passed is stale in the table from now on; what is archived stays. REQUIRES: the
// segment is about to go.
void Retained::let_go_of_pairs(std::size_t slot) {
  const Segment& segment = *segments_->slots[slot].segment;
  const auto index_of = [&](wire::Sequence sequence) {
    return static_cast<std::size_t>(sequence - segment.first());
  };
  const wire::Sequence end = last_of(slot) + 1;
  const wire::Sequence first = std::clamp(pairs_forgotten_ + 1, segment.first(), end);
  const wire::Sequence kept = std::clamp(tail_, first, end);
  pair_count_ -= segment.count_newest(index_of(first), index_of(kept));
  if (kept == end) return;
  std::vector<wire::Sequence> newest;
  for (auto i = segment.next_newest(index_of(kept), index_of(end)); i < index_of(end);
       i = segment.next_newest(i + 1, index_of(end))) {
    newest.push_back(segment.first() + i);
  }
  history_->pairs->add(newest);
}

// Of what is held the segments know it.
void Retained::note_names(const KeptPart& part) {
  if (part.first.sequence() >= first_held()) return;
  std::vector<std::string_view> types;
  std::vector<std::string_view> topics;
  for (const NewestInPart& newest : part.newest) {
    if (types.empty() || types.back() != newest.type) types.push_back(newest.type);
    topics.push_back(newest.topic);
  }
  history_->names->add(part.first.sequence(), std::min(part.last, first_held() - 1), types, topics);
}

// The names of a segment as a whole: they are at hand, and need not be noted for each event.
// REQUIRES: the segment is about to go.
void Retained::note_names(std::size_t slot) {
  const wire::Sequence last = last_of(slot);
  if (history_ == nullptr || tail_ > last) return;
  const Segment& segment = *segments_->slots[slot].segment;
  const auto texts = [&](Kind kind) {
    std::vector<std::string_view> found;
    const Names& names = segment.names(kind);
    const std::size_t count = names.size();
    if (count > ArchivedNames::kMostNames) return found;
    for (std::size_t i = 0; i < count; ++i) found.push_back(names.text(static_cast<NameId>(i)));
    return found;
  };
  const auto types = texts(Kind::kType);
  const auto topics = texts(Kind::kTopic);
  if (types.empty() || topics.empty()) return;  // there are too many
  history_->names->add(segment.first(), last, types, topics);
}

// They take room that events need: the newest of each are known from memory on.
void Retained::forget_archived_pairs() {
  forget_pairs_up_to(first_held() - 1);
}

void Retained::forget_pairs_up_to(wire::Sequence last) {
  pairs_forgotten_ = std::max(pairs_forgotten_, last);
  pair_count_ -= history_->pairs->forget_up_to(last);
  pairs_.sweep_all(first_paired());
}

// After the log was cut back: the newest event of a pair may be one that was not, and bits were
// set and cleared for events that are gone.
void Retained::find_pairs_again() {
  pairs_.clear();
  pair_count_ = 0;
  pairs_forgotten_ = 0;
  for (std::size_t slot = 0; slot < segments_->slots.size(); ++slot) {
    const Segment& segment = *segments_->slots[slot].segment;
    const auto end = static_cast<std::size_t>(last_of(slot) + 1 - segment.first());
    for (std::size_t i = 0; i < end; ++i) {
      const std::uint64_t pair =
          PairTable::hash_of(segment.key_of(i, Kind::kType), segment.key_of(i, Kind::kTopic));
      const wire::Sequence paired = first_paired();
      pairs_.prepare(pair, paired);
      segment.set_newest(i, true);
      note_newest(segment, i, pair, paired);
    }
  }
}

}  // namespace sse::log
