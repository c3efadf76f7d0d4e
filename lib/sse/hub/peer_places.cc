#include "sse/hub/peer_places.h"

namespace sse::hub {
namespace {

// What one line of IPv6 is given at least (RFC 6177): its host can use any address of it.
constexpr unsigned kPrefixBits = 64;

// fe80::/10 (RFC 4291 section 2.5.6): all of a network's hosts have the same first 64 bits.
bool is_link_local(const IpAddress& address) {
  constexpr unsigned kBits = 10;
  return address.first_bits(kBits) == IpAddress::parse("fe80::");
}

}  // namespace

std::optional<IpAddress> peer_group(std::string_view remote_address) {
  const auto address = IpAddress::parse(remote_address);
  if (!address || address->is_v4() || is_link_local(*address)) return address;
  return address->first_bits(kPrefixBits);
}

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
