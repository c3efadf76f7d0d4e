#include "sse/journal/newest_of_pairs.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "sse/base/little_endian.h"

namespace sse::journal {
namespace {

constexpr std::size_t kSizeOfSize = 2;
constexpr std::size_t kMostNames = 8'192;  // that stay from part to part

}  // namespace

// Neighbours are often of the same pair: what is compared is not hashed.
void NewestOfPairs::add(std::span<const log::Entry> entries) {
  const log::Entry* previous = nullptr;
  wire::Sequence* newest = nullptr;  // of its pair
  for (const log::Entry& entry : entries) {
    const bool is_same = previous != nullptr && entry.type.text == previous->type.text &&
                         entry.topic.text == previous->topic.text;
    if (!is_same) {
      key_.clear();
      append_number(key_, entry.type.text.size(), kSizeOfSize);
      key_.append(entry.type.text).append(entry.topic.text);
      newest = &by_pair_[key_];
    }
    *newest = entry.id.sequence();
    previous = &entry;
  }
}

void NewestOfPairs::forget() {
  if (by_pair_.size() > kMostNames) by_pair_.clear();
}

std::vector<log::NewestInPart> NewestOfPairs::in_order(wire::Sequence first) const {
  std::vector<log::NewestInPart> newest;
  newest.reserve(by_pair_.size());
  for (const auto& [key, sequence] : by_pair_) {
    if (sequence < first) continue;
    const auto names = std::string_view(key).substr(kSizeOfSize);
    const std::size_t type = number_of(key, kSizeOfSize);
    newest.push_back(
        {sequence, std::string(names.substr(0, type)), std::string(names.substr(type))});
  }
  std::sort(newest.begin(), newest.end(),
            [](const auto& one, const auto& other) { return one.sequence < other.sequence; });
  return newest;
}

}  // namespace sse::journal
