#include "sse/log/name_set.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace sse::log {
namespace {

constexpr std::size_t kMostWords = (std::numeric_limits<std::uint16_t>::max() + 1U) / 64;

}  // namespace

void NameSet::insert(std::uint16_t name) {
  if (contains(name)) return;
  ++size_;
  if (!bits_.empty()) {
    set_bit(name);
    return;
  }
  list_.insert(std::lower_bound(list_.begin(), list_.end(), name), name);
  if (list_.size() <= kMaxListed) return;
  for (const std::uint16_t listed : list_) set_bit(listed);
  list_ = {};
}

bool NameSet::contains(std::uint16_t name) const {
  if (bits_.empty()) return std::binary_search(list_.begin(), list_.end(), name);
  const std::size_t word = name / kWordBits;
  return word < bits_.size() && (bits_[word] >> (name % kWordBits) & 1) != 0;
}

void NameSet::clear() {
  size_ = 0;
  list_.clear();
  bits_ = {};  // given back: the next segment may have few names
}

std::size_t NameSet::bytes() const {
  return list_.capacity() * sizeof(list_[0]) + bits_.capacity() * sizeof(bits_[0]);
}

std::size_t NameSet::lowest_bit(std::uint64_t word) {
  return static_cast<std::size_t>(std::countr_zero(word));
}

void NameSet::set_bit(std::uint16_t name) {
  const std::size_t word = name / kWordBits;
  if (word >= bits_.capacity()) bits_.reserve(std::min(kMostWords, std::bit_ceil(word + 1)));
  if (word >= bits_.size()) bits_.resize(word + 1);
  bits_[word] |= std::uint64_t{1} << (name % kWordBits);
}

}  // namespace sse::log
