#include "sse/hub/peer_places.h"

namespace sse::hub {

bool PeerPlaces::has_place(const std::optional<IpAddress>& group) const {
  if (!is_limited() || !group) return true;
  const auto found = counts_.find(*group);
  return found == counts_.end() || found->second < most_;
}

void PeerPlaces::take(const std::optional<IpAddress>& group) {
  if (is_limited() && group) ++counts_[*group];
}

void PeerPlaces::give_back(const std::optional<IpAddress>& group) {
  if (is_limited() && group) give_back(counts_.find(*group));
}

void PeerPlaces::bind(const void* holder, const std::optional<IpAddress>& group) {
  if (is_limited() && group) holders_.emplace(holder, counts_.find(*group));
}

void PeerPlaces::give_back(const void* holder) {
  if (!is_limited()) return;
  const auto held = holders_.find(holder);
  if (held == holders_.end()) return;
  give_back(held->second);
  holders_.erase(held);
}

void PeerPlaces::give_back(Counts::iterator place) {
  if (--place->second == 0) counts_.erase(place);
}

}  // namespace sse::hub
