#include "sse/hub/stream_listing.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sse::hub {

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
