// Which connections of a loop give way, and whose unread answers are cut.

#include "sse/http/connection_set.h"
#include "sse/http/pending_answer.h"

namespace sse::http {
namespace {

// How often unread answers are looked for where there were none.
constexpr std::chrono::nanoseconds kReliefInterval = std::chrono::milliseconds(10);

// Looking at what an address holds.
constexpr std::uint64_t kStepsPerAddress = 10;

}  // namespace

bool ConnectionSet::find_room(Entrance entrance, const ConnectionShares::Group& newcomer) {
  if (server_.open.has_room(entrance) || make_room(newcomer)) return true;
  counts_.refused.fetch_add(1, std::memory_order_relaxed);
  return false;
}

// A peer that keeps an idle connection open can open another; one that has just come cannot know.
bool ConnectionSet::make_room(const ConnectionShares::Group& newcomer) {
  assert_on_loop();
  const auto victim = server_.shares.find_victim(newcomer, loop_.index());
  if (!victim) return make_room_here(newcomer);
  if (victim->loop != loop_.index()) {
    server_.post(victim->loop, [victim = *victim](ConnectionSet& set) { set.give_way(victim); });
    return true;
  }
  return give_way(*victim) || make_room_here(newcomer);
}

// Of the addresses that hold as many, one that has an idle connection here.
bool ConnectionSet::make_room_here(const ConnectionShares::Group& newcomer) {
  assert_on_loop();
  if (idle_.empty()) return false;
  Connection& longest = idle_.front();
  auto& shares = server_.shares;
  if (shares.count(longest.group()) < shares.count(newcomer) + 1) return false;
  counts_.evicted.fetch_add(1, std::memory_order_relaxed);
  destroy(longest);
  return true;
}

bool ConnectionSet::give_way(const ConnectionShares::Victim& victim) {
  assert_on_loop();
  Occupant* occupant = server_.shares.take_victim(victim, loop_.now().boot);
  if (occupant == nullptr) return false;
  counts_.evicted.fetch_add(1, std::memory_order_relaxed);
  occupant->give_way();
  return true;
}

bool ConnectionSet::is_crowded_by(const ConnectionShares::Group& group) const {
  const std::size_t limit = server_.options.max_connections;
  const std::size_t most = limit - limit / 8;
  return server_.open.limited() > most && server_.shares.count_kept(group) >= most;
}

void ConnectionSet::relieve(const HeldShare& share) {
  if (share.is_at_end() || server_.held.is_scarce()) find_relief();
}

void ConnectionSet::find_relief() {
  HeldBytes& held = server_.held;
  const BootTime now = loop_.now().boot;
  if (!held.begin_relief(now)) return;
  std::size_t looked_at = 0;
  const auto holder = server_.shares.find_holder(looked_at);
  loop_.budget().spend(looked_at * kStepsPerAddress);
  if (!holder) return held.end_relief(now + kReliefInterval);
  const auto cut = [holder = *holder](ConnectionSet& set) { set.cut_unread(holder); };
  // Never inside a connection's call.
  if (holder->loop == loop_.index()) return postbox_->post([this, cut] { cut(*this); });
  server_.post(holder->loop, cut);
}

void ConnectionSet::cut_unread(const ConnectionShares::Victim& holder) {
  assert_on_loop();
  HeldBytes& held = server_.held;
  std::size_t cut = 0;
  while (Connection* largest = server_.shares.find_unread(holder)) {
    if (loop_.budget().is_spent() || (!held.is_scarce() && !largest->is_at_end())) break;
    largest->cut_unread();
    ++cut;
  }
  const BootTime now = loop_.now().boot;
  held.end_relief(cut > 0 ? now : now + kReliefInterval);
  if (held.is_scarce()) find_relief();
}

}  // namespace sse::http
