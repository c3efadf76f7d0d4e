#include "model/seats.h"

#include <algorithm>

namespace sse::model {

Seats::Admission Seats::admit(const std::string& address) const {
  if (rules_.rejects && seats_.size() >= rules_.max_clients) return Admission::kFull;
  // Unix sockets are one peer without a limit.
  if (rules_.max_per_peer == 0 || address == "unix") return Admission::kPlace;
  const auto count = std::count_if(seats_.begin(), seats_.end(),
                                   [&](const Seat& seat) { return seat.address == address; });
  return static_cast<std::size_t>(count) >= rules_.max_per_peer ? Admission::kPeerFull
                                                                : Admission::kPlace;
}

std::optional<std::uint64_t> Seats::open(std::uint64_t stream, const std::string& address) {
  std::optional<std::uint64_t> victim;
  Group* group = group_of(address);
  if (group == nullptr) group = &groups_.emplace_back(Group{address, 0});
  ++group->count;
  if (seats_.size() >= rules_.max_clients) {
    // The new stream counts for its address, but is not listed yet.
    const auto fullest =
        std::max_element(groups_.begin(), groups_.end(),
                         [](const Group& a, const Group& b) { return a.count < b.count; });
    const auto oldest = std::find_if(seats_.begin(), seats_.end(), [&](const Seat& seat) {
      return seat.address == fullest->address;
    });
    if (oldest != seats_.end()) victim = oldest->stream;
  }
  seats_.push_back({stream, address});
  if (victim) close(*victim);
  return victim;
}

void Seats::close(std::uint64_t stream) {
  const auto seat = std::find_if(seats_.begin(), seats_.end(),
                                 [&](const Seat& one) { return one.stream == stream; });
  if (seat == seats_.end()) return;
  Group* group = group_of(seat->address);
  if (--group->count == 0) groups_.erase(groups_.begin() + (group - groups_.data()));
  seats_.erase(seat);
}

Seats::Group* Seats::group_of(const std::string& address) {
  const auto found = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const Group& group) { return group.address == address; });
  return found == groups_.end() ? nullptr : &*found;
}

}  // namespace sse::model
