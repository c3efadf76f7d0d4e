// How the streams of a loop go to another process, and come from one.

#include <tuple>
#include <utility>

#include "sse/hub/fan_out_loop.h"

namespace sse::hub {

std::vector<HandedStream> FanOutLoop::hand_over() {
  role_.assert_held();
  std::vector<HandedStream> all;
  handed_.clear();
  const log::View view = current_view();
  for (const auto kind : {Schedule::Kind::kWhole, Schedule::Kind::kFiltered}) {
    for (auto* hook : schedule_.all(kind)) {
      Subscriber& subscriber = subscriber_of(*hook);
      std::optional<IpAddress> peer;
      if (!subscriber.is_open() || !registry_.find_peer(subscriber, peer)) continue;
      auto handed = subscriber.hand_over();
      if (!handed) continue;
      handed->cursor = sent_to(subscriber, view);
      handed->peer = peer;
      handed->opened = subscriber.opened;
      std::tie(handed->identity, handed->expires) = owners_.owner_of(subscriber);
      all.push_back(*std::move(handed));
      handed_.push_back(&subscriber);
    }
  }
  return all;
}

void FanOutLoop::keep_listed(std::vector<HandedStream>&& streams,
                             const StreamRegistry::Places& places,
                             std::map<std::size_t, HandedStream>& listed) {
  std::vector<Subscriber*> handed;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const auto place = places.find(handed_[i]);
    if (place == places.end()) continue;
    listed.emplace(place->second, std::move(streams[i]));
    handed.push_back(handed_[i]);
  }
  handed_ = std::move(handed);
}

void FanOutLoop::let_go() {
  role_.assert_held();
  for (auto* subscriber : std::exchange(handed_, {})) closer_.let_go(*subscriber);
  counts_.publish();
}

Status FanOutLoop::take_over(StreamPlace place, HandedStream&& handed,
                             std::unique_ptr<net::Socket> socket,
                             std::unique_ptr<const Filter> filter,
                             std::shared_ptr<const void> held) {
  role_.assert_held();
  auto stream = std::make_unique<Subscriber>(*this, handed, std::move(socket), std::move(filter));
  if (!stream->attach(loop_)) {
    return Error{ErrorCode::kIo, "the kernel has no room to watch another connection"};
  }
  stream->opened = handed.opened;
  const bool is_replaying = handed.replay_end.has_value();
  Subscriber& taken = add(std::move(stream), std::move(place), std::chrono::nanoseconds(0));
  if (handed.identity != nullptr) {
    owners_.add(taken, std::move(handed.identity), std::move(held), handed.expires);
  }
  if (is_replaying) {
    schedule_.mark_behind(taken);
    loop_.request_turn();
  } else {
    mark_due(taken);
  }
  return {};
}

}  // namespace sse::hub
