// What other threads ask of the streams of a loop.

#include <algorithm>
#include <optional>
#include <utility>

#include "sse/hub/fan_out_loop.h"
#include "sse/hub/stream_listing.h"

namespace sse::hub {
namespace {

using std::chrono::nanoseconds;

// To list a stream with ten patterns: the kernel is asked for its peer, they are copied, and become
// JSON.
constexpr std::uint64_t kStepsPerListed = 300;
constexpr std::size_t kListedAtOnce = 100;
// To put it among the streams of the other loops.
constexpr std::uint64_t kStepsPerMerged = 30;

}  // namespace

/// A list that is being made.
struct FanOutLoop::Listing {
  std::size_t most;
  std::function<void(std::vector<ListedStream>)> done;
  std::optional<std::vector<const StreamRegistry::Entry*>> entries{};  // nullopt: it has not begun
  std::size_t next = 0;  // those before it were looked at
  std::vector<ListedStream> listed{};
};

void FanOutLoop::list_streams(std::size_t most,
                              std::function<void(std::vector<ListedStream>)> done) {
  list_later(std::make_shared<Listing>(Listing{most, std::move(done)}));
}

void FanOutLoop::list_later(std::shared_ptr<Listing> listing) {
  loop_.post([this, listing = std::move(listing)] {
    role_.assert_held();
    list_some(listing);
  });
}

// One that has closed since is left out. Where its memory is another stream's by now, that is
// listed in its place.
void FanOutLoop::list_some(const std::shared_ptr<Listing>& listing) {
  auto open = registry_.newest(listing->most, loop_.index());
  if (!listing->entries) listing->entries = open;
  const auto& entries = *listing->entries;
  std::sort(open.begin(), open.end());
  const log::View view = current_view();
  const std::size_t end = std::min(listing->next + kListedAtOnce, entries.size());
  loop_.budget().spend((end - listing->next) * kStepsPerListed);
  for (; listing->next < end; ++listing->next) {
    const auto* entry = entries[listing->next];
    if (!std::binary_search(open.begin(), open.end(), entry)) continue;
    const auto& subscriber = static_cast<const Subscriber&>(*entry);
    // The position of one that is to be closed may be of another log.
    if (subscriber.is_open()) listing->listed.push_back(describe_now(subscriber, view));
  }
  if (end < entries.size()) return list_later(listing);
  loop_.budget().spend(listing->listed.size() * kStepsPerMerged);
  listing->done(std::move(listing->listed));
}

ListedStream FanOutLoop::describe_now(const Subscriber& subscriber, const log::View& view) const {
  auto listed = describe(subscriber, view, sent_to(subscriber, view), loop_.now().boot);
  listed.id = stream_id(subscriber, log_.name_hash());
  if (const auto* identity = owners_.find(subscriber)) listed.principal = identity->id;
  return listed;
}

void FanOutLoop::review_streams(StreamReview review) {
  loop_.post([this, review = std::move(review)]() mutable {
    role_.assert_held();
    review_ = std::move(review);
    owners_.begin_review();
    loop_.request_turn();  // before streams are fed again
    waiters_.end_of([this](const Identity& identity) {
      role_.assert_held();
      return review_(identity).close.has_value();
    });
  });
}

void FanOutLoop::close_streams(StreamChoice choice, std::function<void(std::size_t closed)> done) {
  loop_.post([this, choice = std::move(choice), done = std::move(done)] {
    role_.assert_held();
    std::size_t closed = 0;
    for (const auto kind : Schedule::kKinds) {
      for (auto* hook : schedule_.all(kind)) {
        Subscriber& subscriber = subscriber_of(*hook);
        if (!subscriber.is_open() || !is_chosen(subscriber, choice)) continue;
        closer_.close_soon(subscriber, CloseReason::kClosed);
        ++closed;
      }
    }
    done(closed);
  });
}

bool FanOutLoop::is_chosen(const Subscriber& subscriber, const StreamChoice& choice) const {
  if (choice.id) return stream_id(subscriber, log_.name_hash()) == *choice.id;
  const auto* identity = owners_.find(subscriber);
  return identity != nullptr && choice.principal == identity->id;
}

void FanOutLoop::evict_soon() {
  loop_.post([this] {
    role_.assert_held();
    for (auto* entry : registry_.take_evicted(loop_.index())) {
      closer_.close_soon(static_cast<Subscriber&>(*entry), CloseReason::kEvicted);
    }
  });
}

void FanOutLoop::drain(nanoseconds limit, std::function<void()> done) {
  loop_.post([this, limit, done = std::move(done)]() mutable {
    role_.assert_held();
    drain_ = {true, std::move(done)};
    waiters_.end_all();
    schedule_.begin_walk();  // visits the streams that have everything, too
    schedule_.end_all_waits();
    pacer_.release_all(current_view());
    mark_all_concerned();
    loop_.run_after(limit, [this] {
      role_.assert_held();
      closer_.cut_all();
    });
    loop_.request_turn();
  });
}

}  // namespace sse::hub
