#include "sse/journal/pending_shares.h"

#include <utility>

namespace sse::journal {

Status PendingShares::take(const Peer& peer, std::size_t bytes) {
  if (bytes_ > 0 && bytes_ + bytes > most_) {
    return Error{ErrorCode::kUnavailable,
                 "the hub has more events than it can keep at once (--max-pending)"};
  }
  if (peer) {
    const auto found = by_peer_.find(*peer);
    if (found != by_peer_.end()) {
      const std::size_t left = most_ - bytes_ - bytes;  // more is taken only where there is nothing
      if (found->second + bytes > left) {
        return Error{ErrorCode::kUnavailable,
                     "this address has its share of the events that the hub can keep at once "
                     "(--max-pending)"};
      }
      found->second += bytes;
    } else if (spare_.empty()) {
      by_peer_.emplace(*peer, bytes);
    } else {
      spare_.key() = *peer;
      spare_.mapped() = bytes;
      by_peer_.insert(std::move(spare_));
    }
  }
  bytes_ += bytes;
  return {};
}

void PendingShares::give_back(const Peer& peer, std::size_t bytes) {
  bytes_ -= bytes;
  if (!peer) return;
  const auto found = by_peer_.find(*peer);
  found->second -= bytes;
  if (found->second == 0) spare_ = by_peer_.extract(found);
}

}  // namespace sse::journal
