#include "sse/http/slice_queue.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "http/site.h"
#include "support/catch.h"

namespace sse::http {
namespace {

/// Connections that only have a name.
struct Queue {
  explicit Queue(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      connections.emplace_back(site.set(),
                               std::make_unique<test::MemorySocket>(peers.emplace_back()), "unix");
    }
  }
  void add(std::size_t which, const char* address) {
    queue.add(connections[which], peer_group(address));
  }
  /// Which ones have the next turns: `ab` is the first, then the second.
  std::string turns(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
      const Connection* next = queue.next();
      for (std::size_t which = 0; which < connections.size(); ++which) {
        if (next == &connections[which]) text += static_cast<char>('a' + which);
      }
    }
    return text;
  }

  Site site;
  std::deque<Peer> peers;
  std::deque<Connection> connections;
  SliceQueue queue;
};

TEST_CASE("An empty queue has no next member", "[http][slices]") {
  Queue q(1);
  CHECK(q.queue.empty());
  CHECK(q.queue.next() == nullptr);
  q.queue.remove(q.connections[0]);
}

TEST_CASE("One address has one at a time, in the order in which they came", "[http][slices]") {
  Queue q(3);
  q.add(0, "192.0.2.1");
  q.add(1, "192.0.2.1");
  q.add(2, "192.0.2.1");
  CHECK(q.turns(3) == "aaa");
  q.queue.remove(q.connections[0]);
  CHECK(q.turns(2) == "bb");
  q.queue.remove(q.connections[2]);  // before it began
  q.queue.remove(q.connections[1]);
  CHECK(q.queue.empty());
  CHECK(q.turns(1).empty());
}

TEST_CASE("Addresses take turns", "[http][slices]") {
  Queue q(4);
  q.add(0, "192.0.2.1");
  q.add(1, "192.0.2.1");
  q.add(2, "192.0.2.2");
  q.add(3, "unix");
  const auto first = q.turns(6);
  CHECK(std::count(first.begin(), first.end(), 'a') == 2);
  CHECK(std::count(first.begin(), first.end(), 'c') == 2);
  CHECK(std::count(first.begin(), first.end(), 'd') == 2);
  q.queue.remove(q.connections[0]);
  const auto then = q.turns(6);
  CHECK(std::count(then.begin(), then.end(), 'b') == 2);
}

TEST_CASE("Not more are begun than may be, and each has its turn in the end", "[http][slices]") {
  constexpr std::size_t kAll = 10;
  Queue q(kAll);
  for (std::size_t i = 0; i < kAll; ++i) q.add(i, ("192.0.2." + std::to_string(i)).c_str());
  for (std::size_t done = 0; done < kAll; ++done) {
    const auto turns = q.turns(50);
    std::set<char> begun(turns.begin(), turns.end());
    CHECK(begun.size() == std::min(SliceQueue::kMostBegun, kAll - done));
    q.queue.remove(q.connections[static_cast<std::size_t>(*begun.begin() - 'a')]);
  }
  CHECK(q.queue.empty());
}

}  // namespace
}  // namespace sse::http
