#pragma once

/// \file
/// Who gives way when connections are scarce: the address that holds most of them.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/ip_address.h"
#include "sse/base/mutex.h"

namespace sse::http {

class Connection;

/// What has a place among the connections of its address. It destroys itself.
class Occupant {
 public:
  /// Ends, or has its answer hurried, so that another has its place.
  virtual void give_way() = 0;

 protected:
  ~Occupant() = default;
};

/// What a connection does, in the order in which connections of one address give way.
enum class Standing : std::uint8_t {
  kIdle,     ///< between requests
  kSaid,     ///< its last answer has left, and it lingers
  kBegun,    ///< a request has begun, and its head is not whole, or its verdict is waited for
  kWaiting,  ///< its answer is deferred, and comes at once when it is hurried
  kUnread,   ///< the peer does not take its answer
  kKept,     ///< a request is under way: never cut for lack of room
};

/// The connections of all loops by peer address: how many each holds, and what they do. The table
/// changes when a connection comes or goes; what a connection does is written by its loop alone.
/// Thread-safe, but for take_victim(): see there.
class ConnectionShares {
 public:
  using Group = std::optional<IpAddress>;  ///< as peer_group() has it

  /// A connection of this address on this loop, which gives way.
  struct Victim {
    Group group;
    unsigned loop = 0;
    Standing last = Standing::kIdle;  ///< what it may do at most
  };

  ConnectionShares();
  ~ConnectionShares();

  /// Who gives way to one more connection of `newcomer` on `loop`. An address that holds more than
  /// the newcomer's then would: its connections in the order of Standing, those on `loop` first.
  /// Else an idle one of the newcomer's own. Null: none. Each is found once; its loop then calls
  /// take_victim().
  std::optional<Victim> find_victim(const Group& newcomer, unsigned loop);

  /// What gives way; null when there is none any more. On the thread of the victim's loop.
  Occupant* take_victim(const Victim& victim, BootTime now);

  /// The address that holds most bytes, of those that have unread answers, on a loop where it has
  /// one. `looked_at`: how many addresses there are.
  std::optional<Victim> find_holder(std::size_t& looked_at) const;
  /// Of this address's unread answers on this loop, one of the longest unmoved: the largest. Null:
  /// there is none any more. On the thread of that loop.
  Connection* find_unread(const Victim& holder) const;

  /// Connections of this address.
  std::size_t count(const Group& group) const;
  /// Those of them that are kKept.
  std::size_t count_kept(const Group& group) const;

 private:
  friend class ConnectionShare;

  struct Member {
    Occupant* occupant;
    BootTime since;
    Standing standing = Standing::kIdle;
  };
  using Members = std::list<Member>;
  static constexpr std::size_t kStandings = 6;

  // The connections of one address on one loop. The lists are the loop's own; the counts of them
  // are written by it, and read under the mutex by a loop that looks for a victim.
  struct OnLoop {
    std::array<Members, kStandings> members;  // each: the longest so first
    std::array<std::atomic<std::uint32_t>, kStandings> counts{};
    std::uint32_t promised = 0;  // found, and not taken yet; guarded by the mutex
  };
  struct Record {
    Group group;
    std::size_t total = 0;                       // guarded by the mutex
    std::atomic<std::size_t> bytes = 0;          // that its connections hold
    std::vector<std::unique_ptr<OnLoop>> loops;  // null: there never was one; guarded by the mutex
  };

  OnLoop* find_record(const Victim& victim) const SSE_REQUIRES(mutex_);
  /// With a connection there, which only that loop takes away, so that the record stays.
  OnLoop* find(const Victim& victim) const SSE_REQUIRES(mutex_);
  static std::size_t count_up_to(const OnLoop& on_loop, Standing last);
  static std::optional<unsigned> choose_loop(const Record& record, Standing last, unsigned here);
  Record& find_or_add(const Group& group) SSE_REQUIRES(mutex_);
  void change_total(Record& record, std::size_t total) SSE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<Group, Record> records_ SSE_GUARDED_BY(mutex_);  // ordered: no search of it is long
  std::set<std::pair<std::size_t, Group>> by_total_ SSE_GUARDED_BY(mutex_);
  // What the last address that went has left, for the next one: most connections are alone, and
  // soon a stream.
  std::map<Group, Record>::node_type spare_record_ SSE_GUARDED_BY(mutex_);
  std::set<std::pair<std::size_t, Group>>::node_type spare_total_ SSE_GUARDED_BY(mutex_);
};

/// One connection's entry among the shares. Loop-affine.
class ConnectionShare {
 public:
  /// One that stands as kUnread, ever, is a Connection.
  ConnectionShare(ConnectionShares& shares, Occupant& occupant,
                  const ConnectionShares::Group& group, unsigned loop, BootTime now);
  ~ConnectionShare();
  ConnectionShare(const ConnectionShare&) = delete;
  ConnectionShare& operator=(const ConnectionShare&) = delete;

  const ConnectionShares::Group& group() const { return record_->group; }
  /// What all connections of the address hold.
  std::atomic<std::size_t>& bytes() { return record_->bytes; }
  /// What the connection does now, and since when. Cheap when nothing has changed.
  void stand(Standing standing, BootTime since);

 private:
  ConnectionShares& shares_;
  ConnectionShares::Record* record_;
  ConnectionShares::OnLoop* here_;
  ConnectionShares::Members::iterator member_;
};

}  // namespace sse::http
