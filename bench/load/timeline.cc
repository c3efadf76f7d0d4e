#include "timeline.h"

#include <algorithm>
#include <charconv>

namespace sse::bench {
namespace {

constexpr std::size_t kMostIdleBytes = 1U << 20U;

}  // namespace

Timeline::Timeline(const Target& target, const TicketBook& book, std::size_t topic,
                   std::size_t streams, Seen& seen)
    : target_(target), book_(book), topic_(topic), streams_(streams), seen_(seen) {
}

std::uint64_t Timeline::begin_of(Place place) const {
  return place == first_ ? first_begin_ : events_[place - first_ - 1].end;
}

std::string_view Timeline::bytes_from(Place place) const {
  return std::string_view(bytes_).substr(begin_of(place) - bytes_begin_);
}

std::size_t Timeline::match(Place& place, std::string_view bytes, std::int64_t now_ns) {
  if (place == end()) return 0;
  const auto begin = begin_of(place);
  const auto ahead = bytes_from(place);
  const auto common = std::min(ahead.size(), bytes.size());
  if (ahead.substr(0, common) != bytes.substr(0, common)) return 0;
  std::size_t taken = 0;
  while (place < end() && at(place).end - begin <= common) {
    taken = at(place).end - begin;
    deliver(place++, now_ns);
  }
  return taken;
}

void Timeline::take(Place& place, std::string_view block, std::int64_t now_ns) {
  if (place < end() && bytes_from(place).substr(0, at(place).end - begin_of(place)) == block) {
    deliver(place++, now_ns);
    return;
  }
  if (const auto sent_ns = send_time(block)) {
    take_event(place, block, *sent_ns, now_ns);
  } else if (block.find("event: sse.") != std::string_view::npos) {
    ++seen_.control;
  }
}

void Timeline::take_event(Place& place, std::string_view block, std::int64_t sent_ns,
                          std::int64_t now_ns) {
  const auto number = book_.find(sent_ns);
  if (!number || *number % target_.topics() != topic_) {
    ++seen_.unknown;
  } else if (!is_known(*number)) {
    take_new(place, block, {*number, sent_ns}, now_ns);
  } else if (const auto found = find(sent_ns); !found || *found < place) {
    ++seen_.repeated;
  } else {
    if (*found == place) ++seen_.wrong_ids;  // it has not the bytes that the other streams have
    while (place < *found) miss(place++);
    deliver(place++, now_ns);
  }
}

void Timeline::take_new(Place& place, std::string_view block, const Ticket& ticket,
                        std::int64_t now_ns) {
  known_[ticket.number] = true;
  if (place < end()) {  // the other streams have something else here
    ++seen_.unordered;
    ++completed_;
    return;
  }
  check_id(block);
  append(block, ticket.sent_ns);
  deliver(place++, now_ns);
}

bool Timeline::is_known(std::size_t number) {
  if (number >= known_.size()) known_.resize(book_.issued());
  return known_[number];
}

void Timeline::append(std::string_view block, std::int64_t sent_ns) {
  if (first_begin_ - bytes_begin_ > kMostIdleBytes) {
    bytes_.erase(0, first_begin_ - bytes_begin_);
    bytes_begin_ = first_begin_;
  }
  bytes_ += block;
  events_.push_back({sent_ns, streams_, bytes_begin_ + bytes_.size()});
}

void Timeline::deliver(Place place, std::int64_t now_ns) {
  ++seen_.deliveries;
  seen_.latency.add(now_ns - at(place).sent_ns);
  settle(place);
}

void Timeline::miss(Place place) {
  ++seen_.lost;
  settle(place);
}

void Timeline::settle(Place place) {
  --at(place).streams_left;
  while (!events_.empty() && events_.front().streams_left == 0) {
    first_begin_ = events_.front().end;
    events_.pop_front();
    ++first_;
    ++completed_;
  }
}

std::optional<Timeline::Place> Timeline::find(std::int64_t sent_ns) const {
  for (std::size_t i = 0; i < events_.size(); ++i) {
    if (events_[i].sent_ns == sent_ns) return first_ + i;
  }
  return std::nullopt;
}

std::optional<std::int64_t> Timeline::send_time(std::string_view block) const {
  const auto at = block.find(target_.marker());
  if (at == std::string_view::npos) return std::nullopt;
  const auto text = block.substr(at + target_.marker().size());
  double value = 0;  // the hub may write 10^15 as 1e+15
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || value < 1) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

void Timeline::check_id(std::string_view block) {
  const int base = target_.id_base();
  if (base == 0) return;
  const auto line = block.substr(0, block.find('\n'));
  const auto digits = line.substr(line.find_last_of("- ") + 1);
  std::uint64_t id = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), id, base);
  const bool is_next = target_.topics() == 1 ? id == last_id_ + 1 : id > last_id_;
  if (line.substr(0, 4) != "id: " || read.ec != std::errc() || (last_id_ > 0 && !is_next)) {
    ++seen_.wrong_ids;
  }
  last_id_ = id;
}

}  // namespace sse::bench
