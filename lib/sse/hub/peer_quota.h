#pragma once

/// \file
/// How many streams each address has, and which of them goes when there are too many in all.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "sse/base/ip_address.h"
#include "sse/log/fullest_first.h"

namespace sse::hub {

struct PeerGroup;

/// A stream's part in its address's streams: embedded in it, and guarded as they are.
struct PeerMember {
  PeerMember* older_of_peer = nullptr;  ///< a ring: the oldest's is the newest
  PeerMember* newer_of_peer = nullptr;
  PeerGroup* peer = nullptr;  ///< null: it has no part
};

/// What counts as one peer, see peer_group(). All peers of Unix sockets are one.
struct PeerGroup : log::Counted {  // of its streams, in the order of who had a first one
  std::uint32_t places = 0;        ///< given, for streams that do not exist yet
  std::uint32_t filter_kib = 0;    ///< what the filters of its places and listed streams take
  PeerMember* oldest = nullptr;
  const std::optional<IpAddress>* address = nullptr;
};

/// The streams of all addresses, each address's in the order in which they were added. A limit is a
/// matter of places and streams together; Unix sockets have none. An address costs some 110 bytes
/// while it has a place or a stream. Thread-compatible: guarded by the registry's lock.
class PeerQuota {
 public:
  /// `most`: places and streams of one address; 0: no limit.
  explicit PeerQuota(std::size_t most) : most_(most) {}
  PeerQuota(const PeerQuota&) = delete;
  PeerQuota& operator=(const PeerQuota&) = delete;

  bool has_place(const std::optional<IpAddress>& peer) const;

  /// One more place for this peer.
  PeerGroup& take(const std::optional<IpAddress>& peer);
  /// What the filters of this peer take.
  std::size_t filter_kib(const std::optional<IpAddress>& peer) const;
  /// A place that take() counted is not used.
  void give_back(PeerGroup& place);

  /// A place that take() counted becomes a stream, the newest of its peer.
  void add(PeerMember& stream, PeerGroup& place);
  /// Nothing for one that was not added.
  void remove(PeerMember& stream);

  /// The oldest stream of the peer that has most; of peers that have equally many the one whose
  /// first stream came first. REQUIRES: there is a stream.
  PeerMember& first_to_go() const;

  /// Peers that have a place or a stream.
  std::size_t count() const { return groups_.size(); }

 private:
  void drop_if_empty(PeerGroup& group);

  const std::size_t most_;
  // Ordered: peers choose their addresses, and none can make a search of it long.
  std::map<std::optional<IpAddress>, PeerGroup> groups_;
  log::FullestFirst by_streams_;
  std::uint64_t ages_ = 0;
};

}  // namespace sse::hub
