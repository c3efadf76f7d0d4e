#include "model/life.h"

#include <algorithm>
#include <cstdlib>

namespace sse::model {
namespace {

constexpr std::size_t kIdSize = 36;
constexpr std::size_t kSequenceDigits = 12;

// What the memory for an event may exceed its block by: index and names, and segments whose last
// bytes stay empty. Only a quarter of --max-log-bytes is relied on.
constexpr std::uint64_t kOverhead = 256;

std::string lines_of(std::string_view data) {
  std::string text;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (data[i] != '\r') {
      text.push_back(data[i]);
    } else {
      text.push_back('\n');
      if (i + 1 < data.size() && data[i + 1] == '\n') ++i;
    }
  }
  return text;
}

std::string block_of(const Event& event, bool with_topic) {
  std::string block = "id: " + event.id + "\n";
  if (event.type != "message") block += "event: " + event.type + "\n";
  if (with_topic && !event.topic.empty()) block += "topic: " + event.topic + "\n";
  block += "data: ";
  for (const char c : event.data) {
    block.push_back(c);
    if (c == '\n') block += "data: ";
  }
  return block + "\n\n";
}

}  // namespace

std::optional<Sequence> sequence_of(std::string_view id) {
  if (id.size() != kIdSize || id[8] != '-' || id[14] != '7') return std::nullopt;
  const std::string digits(id.substr(kIdSize - kSequenceDigits));
  char* end = nullptr;
  const auto sequence = std::strtoull(digits.c_str(), &end, 16);
  return *end == '\0' ? std::optional<Sequence>(sequence) : std::nullopt;
}

std::chrono::milliseconds time_of(std::string_view id) {
  const std::string digits = std::string(id.substr(0, 8)) + std::string(id.substr(9, 4));
  return std::chrono::milliseconds(std::strtoull(digits.c_str(), nullptr, 16));
}

std::string Life::add(std::string_view id, const Publication& what, Window appended) {
  const auto sequence = sequence_of(id);
  if (!sequence || *sequence != head() + 1) {
    return "an event got the id " + std::string(id) + " behind event " + std::to_string(head());
  }
  if (head() > 0 && id <= events_.back().id) return "id " + std::string(id) + " does not ascend";
  Event event;
  event.sequence = *sequence;
  event.id = id;
  event.type = what.type.empty() ? "message" : what.type;
  event.topic = what.topic;
  event.data = lines_of(what.data);
  event.block = block_of(event, what.topic_on_wire);
  event.time = time_of(id);
  event.appended = appended;
  by_id_.emplace(event.id, event.sequence);
  Sequence& newest = newest_[{event.type, event.topic}];
  if (newest != 0) newer_[newest - 1] = event.sequence;
  newest = event.sequence;
  newer_.push_back(0);
  ends_.push_back((ends_.empty() ? 0 : ends_.back()) + event.block.size());
  events_.push_back(std::move(event));
  return {};
}

const Event* Life::find(std::string_view id) const {
  const auto found = by_id_.find(std::string(id));
  return found == by_id_.end() ? nullptr : &at(found->second);
}

std::optional<Sequence> Life::position_of(std::string_view id) const {
  if (const Event* event = find(id)) return event->sequence;
  if (!origin_.empty() && id == origin_) return 0;
  return std::nullopt;
}

Sequence Life::next_wanted(const Filter& filter, Sequence from, Sequence to) const {
  for (; from <= to; ++from) {
    const Event& event = at(from);
    if (filter.wants(event.type, event.topic)) return from;
  }
  return to + 1;
}

Life::Tail Life::tail(Sequence head, Window when) const {
  Tail tail;
  if (rules_.part_events > 0) {
    for (const auto& [oldest, moved] : tails_) {
      if (moved < when.from) tail.least = oldest;
      if (moved <= when.to) tail.most = oldest;
    }
    return tail;
  }
  if (rules_.max_events > 0 && head >= rules_.max_events) {
    tail.least = tail.most = head - rules_.max_events + 1;
  }
  if (rules_.ttl.count() > 0) {
    // Events expire in order, each when it is `ttl` old.
    while (tail.least <= head && at(tail.least).appended.to + rules_.ttl <= when.from) ++tail.least;
    while (tail.most <= head && at(tail.most).appended.from + rules_.ttl <= when.to) ++tail.most;
  }
  const std::uint64_t end = head == 0 ? 0 : ends_[head - 1];
  const auto bytes_from = [&](Sequence first) { return first == 1 ? end : end - ends_[first - 2]; };
  while (tail.least < head && bytes_from(tail.least) > rules_.max_bytes) ++tail.least;
  while (tail.most <= head &&
         bytes_from(tail.most) + kOverhead * (head + 1 - tail.most) > rules_.max_bytes / 4) {
    ++tail.most;
  }
  tail.most = std::max(tail.most, tail.least);
  return tail;
}

bool Life::may_be_archived(Sequence sequence) const {
  if (sequence > head()) return false;
  return bytes_behind(sequence - 1) + kOverhead * (head() + 1 - sequence) > rules_.max_bytes / 4;
}

std::uint64_t Life::bytes_behind(Sequence sequence) const {
  if (sequence >= head()) return 0;
  return ends_.back() - (sequence == 0 ? 0 : ends_[sequence - 1]);
}

}  // namespace sse::model
