// Hub::list_streams(): each loop describes its own streams, and the last one has them all.

#include <algorithm>
#include <iterator>
#include <utility>

#include "sse/hub/fan_out_loop.h"
#include "sse/hub/hub.h"

namespace sse::hub {
namespace {

/// The parts that have come so far. Shared by the loops' tasks; thread-safe.
class Gathering {
 public:
  Gathering(std::size_t parts, std::size_t most,
            std::function<void(std::vector<ListedStream>)> done)
      : most_(most), done_(std::move(done)), missing_(parts) {}

  void add(std::vector<ListedStream> part) {
    std::vector<ListedStream> all;
    {
      MutexLock lock(mutex_);
      std::move(part.begin(), part.end(), std::back_inserter(streams_));
      if (--missing_ > 0) return;
      all = std::move(streams_);
    }
    // Within a second each loop's are in order.
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.age < b.age; });
    if (all.size() > most_) all.resize(most_);
    done_(std::move(all));
  }

 private:
  const std::size_t most_;
  const std::function<void(std::vector<ListedStream>)> done_;
  Mutex mutex_;
  std::size_t missing_ SSE_GUARDED_BY(mutex_);
  std::vector<ListedStream> streams_ SSE_GUARDED_BY(mutex_);
};

void list_patterns(const Filter& filter, ListedStream& listed) {
  listed.patterns = filter.types().size() + filter.topics().size();
  auto left = ListedStream::kMostPatterns;
  const auto copy_first = [&](const std::vector<std::string>& from, std::vector<std::string>& to) {
    const auto count = std::min(left, from.size());
    to.assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count));
    left -= count;
  };
  copy_first(filter.types(), listed.types);
  copy_first(filter.topics(), listed.topics);
}

}  // namespace

void Hub::list_streams(std::size_t most,
                       std::function<void(std::vector<ListedStream>)> done) const {
  const auto gathering = std::make_shared<Gathering>(fan_outs_.size(), most, std::move(done));
  for (const auto& fan_out : fan_outs_) {
    fan_out->list_streams(
        most, [gathering](std::vector<ListedStream> part) { gathering->add(std::move(part)); });
  }
}

void FanOutLoop::list_streams(std::size_t most,
                              std::function<void(std::vector<ListedStream>)> done) {
  loop_.post([this, most, done = std::move(done)] {
    role_.assert_held();
    const log::View view = current_view();
    std::vector<ListedStream> listed;
    for (const auto* entry : registry_.newest(most, loop_.index())) {
      listed.push_back(describe(*entry, view));
    }
    done(std::move(listed));
  });
}

ListedStream FanOutLoop::describe(const StreamRegistry::Entry& entry, const log::View& view) const {
  const Subscriber& subscriber = *entry.subscriber;
  const log::Cursor place = place_of(subscriber);
  const auto now = std::chrono::floor<std::chrono::seconds>(loop_.now().boot.time_since_epoch());
  ListedStream listed;
  listed.peer = subscriber.peer();
  listed.loop = loop_.index();
  listed.age = now - std::chrono::seconds(entry.opened);
  listed.lag_events = view.head() + 1 - std::min(place.next, view.head() + 1);
  listed.lag_bytes = view.bytes_behind(place);
  listed.bytes_sent = subscriber.bytes_sent();
  listed.is_blocked = subscriber.is_blocked();
  if (subscriber.filter() != nullptr) list_patterns(*subscriber.filter(), listed);
  return listed;
}

}  // namespace sse::hub
