#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <optional>

#include "sse/base/ip_address.h"

namespace sse::http {

class Connection;

/// Whose response is made next, of those that are made in slices (Call::answer_in_slices()). Peers
/// take turns by address: each has one response at work, and its others wait for that one. So many
/// requests of one peer delay its own, and what is held for unfinished ones is bounded.
/// Loop-affine.
///
///     add() -> waits for its group -> begun: next() in turn -> remove()
///                                          ^        |
///                                       add()   suspend(): its group may begin another
class SliceQueue {
 public:
  using Group = std::optional<IpAddress>;  ///< as peer_group() has it

  /// Addresses that have a response at work at the same time.
  static constexpr std::size_t kMostBegun = 4;

  /// The last of its group. Not one that is here.
  void add(Connection& connection, const Group& group);

  /// The one whose slice is next; null when there is none. It stays.
  Connection* next();

  /// It is done, waits for something else, or goes away. Nothing for one that is not here.
  void remove(const Connection& connection);

  bool empty() const { return begun_.empty() && waiting_.empty(); }

 private:
  struct Entry {
    Connection* connection;
    Group group;
  };
  using Waiting = std::map<Group, std::deque<Connection*>>;

  void begin_more();

  std::list<Entry> begun_;   // the next one first
  Waiting waiting_;          // ordered: no peer can make a search of it long
  std::deque<Group> turns_;  // of the groups that wait: the next one first
};

}  // namespace sse::http
