#include "sse/hub/peer_quota.h"

#include "sse/base/check.h"

namespace sse::hub {

bool PeerQuota::has_place(const std::optional<IpAddress>& peer) const {
  if (most_ == 0 || !peer) return true;
  const auto found = groups_.find(peer);
  return found == groups_.end() || found->second.count + found->second.places < most_;
}

std::size_t PeerQuota::filter_kib(const std::optional<IpAddress>& peer) const {
  const auto found = groups_.find(peer);
  return found == groups_.end() ? 0 : found->second.filter_kib;
}

PeerGroup& PeerQuota::take(const std::optional<IpAddress>& peer) {
  const auto entry = groups_.try_emplace(peer).first;
  PeerGroup& group = entry->second;
  group.address = &entry->first;
  ++group.places;
  return group;
}

void PeerQuota::give_back(PeerGroup& place) {
  --place.places;
  drop_if_empty(place);
}

void PeerQuota::add(PeerMember& stream, PeerGroup& place) {
  if (place.count == 0) place.age = ages_++;
  by_streams_.increase(place);  // may throw
  --place.places;
  stream.peer = &place;
  if (place.oldest == nullptr) place.oldest = stream.newer_of_peer = stream.older_of_peer = &stream;
  PeerMember& oldest = *place.oldest;
  stream.newer_of_peer = &oldest;
  stream.older_of_peer = oldest.older_of_peer;
  stream.older_of_peer->newer_of_peer = &stream;
  oldest.older_of_peer = &stream;
}

void PeerQuota::remove(PeerMember& stream) {
  if (stream.peer == nullptr) return;
  PeerGroup& group = *stream.peer;
  stream.older_of_peer->newer_of_peer = stream.newer_of_peer;
  stream.newer_of_peer->older_of_peer = stream.older_of_peer;
  if (group.oldest == &stream) group.oldest = stream.newer_of_peer;
  if (group.oldest == &stream) group.oldest = nullptr;
  stream = {};
  by_streams_.decrease(group);
  drop_if_empty(group);
}

PeerMember& PeerQuota::first_to_go() const {
  const auto* fullest = static_cast<const PeerGroup*>(by_streams_.fullest());
  SSE_CHECK(fullest != nullptr);
  return *fullest->oldest;
}

void PeerQuota::drop_if_empty(PeerGroup& group) {
  if (group.count == 0 && group.places == 0) groups_.erase(groups_.find(*group.address));
}

}  // namespace sse::hub
