#include "sse/hub/stream_listing.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sse/hub/subscriber.h"

namespace sse::hub {

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
    std::move(part.begin(), part.end(), std::back_inserter(streams_));
    if (--missing_ > 0) return;
    all = std::move(streams_);
  }
  // Each loop's own streams keep their order within a second.
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.age < b.age; });
  if (all.size() > most_) all.resize(most_);
  done_(std::move(all));
}

}  // namespace sse::hub
