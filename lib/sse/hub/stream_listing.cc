#include "sse/hub/stream_listing.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "sse/hub/subscriber.h"

namespace sse::hub {

std::string stream_id(const Subscriber& subscriber, const KeyedHash& hash) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  // Not the peer: the kernel would be asked for it, for each stream that is looked at.
  const std::array<std::uint64_t, 2> told{reinterpret_cast<std::uintptr_t>(&subscriber),
                                          static_cast<std::uint64_t>(subscriber.opened)};
  std::string id;
  for (std::uint64_t left = hash({reinterpret_cast<const char*>(told.data()), sizeof told});
       id.size() < 16; left >>= 4U) {
    id += kDigits[left & 0xFU];
  }
  return id;
}

ListedStream describe(const Subscriber& subscriber, const log::View& view, const log::Cursor& sent,
                      BootTime now) {
  ListedStream listed;
  listed.peer = subscriber.peer();
  listed.loop = subscriber.loop_index;
  listed.age = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) -
               std::chrono::seconds(subscriber.opened);
  listed.lag_events = view.head() + 1 - std::min(sent.next, view.head() + 1);
  listed.lag_bytes = view.bytes_behind(sent);
  listed.bytes_sent = subscriber.bytes_sent();
  listed.is_blocked = subscriber.is_blocked();
  listed.is_parked = subscriber.state() == Schedule::State::kParked;
  if (subscriber.filter() != nullptr) listed.set_patterns(*subscriber.filter());
  return listed;
}

StreamListing::StreamListing(std::size_t parts, std::size_t most, Done done)
    : most_(most), done_(std::move(done)), missing_(parts) {
}

void StreamListing::add(std::vector<ListedStream> part) {
  std::vector<ListedStream> all;
  {
    MutexLock lock(mutex_);
    // Each loop's own streams keep their order within a second.
    std::vector<ListedStream> before = std::exchange(streams_, {});
    streams_.reserve(before.size() + part.size());
    std::merge(std::move_iterator(before.begin()), std::move_iterator(before.end()),
               std::move_iterator(part.begin()), std::move_iterator(part.end()),
               std::back_inserter(streams_),
               [](const auto& a, const auto& b) { return a.age < b.age; });
    if (--missing_ > 0) return;
    all = std::move(streams_);
  }
  if (all.size() > most_) all.resize(most_);
  done_(std::move(all));
}

}  // namespace sse::hub
