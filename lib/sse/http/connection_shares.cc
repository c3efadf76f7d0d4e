#include "sse/http/connection_shares.h"

#include <chrono>
#include <iterator>

#include "sse/http/connection.h"

namespace sse::http {
namespace {

// Addresses that are asked for a connection that can give way. Most often the first one has it: the
// others serve while all that it has is under way.
constexpr int kMostAsked = 32;

// Of the longest unmoved answers, as many are compared by size.
constexpr int kMostCompared = 16;

// An answer is not unread just because the peer's buffer is full this moment.
constexpr std::chrono::nanoseconds kUnmoved = std::chrono::seconds(1);

constexpr std::size_t index_of(Standing standing) {
  return static_cast<std::size_t>(standing);
}

// There is one writer, so that no locked instruction is needed.
void change(std::atomic<std::uint32_t>& count, int by) {
  count.store(count.load(std::memory_order_relaxed) + static_cast<std::uint32_t>(by),
              std::memory_order_relaxed);
}

}  // namespace

ConnectionShares::ConnectionShares() = default;
ConnectionShares::~ConnectionShares() = default;

std::size_t ConnectionShares::count_up_to(const OnLoop& on_loop, Standing last) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i <= index_of(last); ++i) {
    sum += on_loop.counts[i].load(std::memory_order_relaxed);
  }
  return sum;
}

// Whether an answer is unread only its own loop can tell, so such a one is found there alone.
std::optional<unsigned> ConnectionShares::choose_loop(const Record& record, Standing last,
                                                      unsigned here) {
  const auto has = [&](unsigned loop, Standing standing) {
    if (loop >= record.loops.size() || record.loops[loop] == nullptr) return false;
    const OnLoop& on_loop = *record.loops[loop];
    return on_loop.counts[index_of(standing)].load(std::memory_order_relaxed) > 0 &&
           count_up_to(on_loop, last) > on_loop.promised;
  };
  for (std::size_t i = 0; i <= index_of(last); ++i) {
    const auto standing = static_cast<Standing>(i);
    if (has(here, standing)) return here;
    if (standing == Standing::kUnread) continue;
    for (unsigned loop = 0; loop < record.loops.size(); ++loop) {
      if (has(loop, standing)) return loop;
    }
  }
  return std::nullopt;
}

std::optional<ConnectionShares::Victim> ConnectionShares::find_victim(const Group& newcomer,
                                                                      unsigned loop) {
  const MutexLock lock(mutex_);
  const auto promise = [&](Record& record, Standing last) -> std::optional<Victim> {
    const auto chosen = choose_loop(record, last, loop);
    if (!chosen) return std::nullopt;
    ++record.loops[*chosen]->promised;
    return Victim{record.group, *chosen, last};
  };
  const auto own = records_.find(newcomer);
  const std::size_t own_total = (own == records_.end() ? 0 : own->second.total) + 1;
  int asked = 0;
  for (auto next = by_total_.rbegin(); next != by_total_.rend(); ++next) {
    if (next->first <= own_total || ++asked > kMostAsked) break;
    if (auto victim = promise(records_.at(next->second), Standing::kUnread)) return victim;
  }
  return own == records_.end() ? std::nullopt : promise(own->second, Standing::kIdle);
}

ConnectionShares::OnLoop* ConnectionShares::find(const Victim& victim) const {
  OnLoop* on_loop = find_record(victim);
  if (on_loop == nullptr || count_up_to(*on_loop, Standing::kKept) == 0) return nullptr;
  return on_loop;
}

ConnectionShares::OnLoop* ConnectionShares::find_record(const Victim& victim) const {
  const auto record = records_.find(victim.group);
  if (record == records_.end() || victim.loop >= record->second.loops.size()) return nullptr;
  return record->second.loops[victim.loop].get();
}

Occupant* ConnectionShares::take_victim(const Victim& victim, BootTime now) {
  OnLoop* on_loop = nullptr;
  {
    const MutexLock lock(mutex_);
    // The promise is over, also when the connection has gone.
    OnLoop* promised = find_record(victim);
    if (promised != nullptr && promised->promised > 0) --promised->promised;
    on_loop = find(victim);
    if (on_loop == nullptr) return nullptr;
  }
  for (std::size_t i = 0; i <= index_of(victim.last); ++i) {
    const Members& members = on_loop->members[i];
    if (members.empty()) continue;
    const Member& longest = members.front();
    if (longest.standing == Standing::kUnread && now - longest.since < kUnmoved) continue;
    return longest.occupant;
  }
  return nullptr;
}

std::optional<ConnectionShares::Victim> ConnectionShares::find_holder(
    std::size_t& looked_at) const {
  std::optional<Victim> holder;
  std::size_t most = 0;
  const MutexLock lock(mutex_);
  looked_at = records_.size();
  for (const auto& [group, record] : records_) {
    const std::size_t bytes = record.bytes.load(std::memory_order_relaxed);
    if (bytes <= most) continue;
    for (unsigned loop = 0; loop < record.loops.size(); ++loop) {
      const OnLoop* on_loop = record.loops[loop].get();
      if (on_loop == nullptr ||
          on_loop->counts[index_of(Standing::kUnread)].load(std::memory_order_relaxed) == 0) {
        continue;
      }
      holder = Victim{group, loop, Standing::kUnread};
      most = bytes;
      break;
    }
  }
  return holder;
}

Connection* ConnectionShares::find_unread(const Victim& holder) const {
  const OnLoop* on_loop = nullptr;
  {
    const MutexLock lock(mutex_);
    on_loop = find(holder);
  }
  if (on_loop == nullptr) return nullptr;
  Connection* largest = nullptr;
  int compared = 0;
  for (const Member& member : on_loop->members[index_of(Standing::kUnread)]) {
    if (++compared > kMostCompared) break;
    auto* const connection = static_cast<Connection*>(member.occupant);
    if (largest == nullptr || connection->held() > largest->held()) largest = connection;
  }
  return largest;
}

std::size_t ConnectionShares::count(const Group& group) const {
  const MutexLock lock(mutex_);
  const auto record = records_.find(group);
  return record == records_.end() ? 0 : record->second.total;
}

std::size_t ConnectionShares::count_kept(const Group& group) const {
  const MutexLock lock(mutex_);
  const auto record = records_.find(group);
  if (record == records_.end()) return 0;
  std::size_t sum = 0;
  for (const auto& on_loop : record->second.loops) {
    if (on_loop == nullptr) continue;
    sum += on_loop->counts[index_of(Standing::kKept)].load(std::memory_order_relaxed);
  }
  return sum;
}

ConnectionShares::Record& ConnectionShares::find_or_add(const Group& group) {
  const auto found = records_.find(group);
  if (found != records_.end()) return found->second;
  if (spare_record_.empty()) {
    Record& record = records_[group];
    record.group = group;
    return record;
  }
  spare_record_.key() = spare_record_.mapped().group = group;
  for (const auto& on_loop : spare_record_.mapped().loops) {
    if (on_loop != nullptr) on_loop->promised = 0;
  }
  return records_.insert(std::move(spare_record_)).position->second;
}

// An address that has none left is forgotten.
void ConnectionShares::change_total(Record& record, std::size_t total) {
  auto node =
      record.total == 0 ? std::move(spare_total_) : by_total_.extract({record.total, record.group});
  record.total = total;
  if (total == 0) {
    spare_total_ = std::move(node);
    spare_record_ = records_.extract(record.group);
  } else if (node.empty()) {
    by_total_.emplace(total, record.group);
  } else {
    node.value() = {total, record.group};
    by_total_.insert(std::move(node));
  }
}

ConnectionShare::ConnectionShare(ConnectionShares& shares, Occupant& occupant,
                                 const ConnectionShares::Group& group, unsigned loop, BootTime now)
    : shares_(shares) {
  {
    const MutexLock lock(shares_.mutex_);
    record_ = &shares_.find_or_add(group);
    if (record_->loops.size() <= loop) record_->loops.resize(loop + 1);
    auto& here = record_->loops[loop];
    if (here == nullptr) here = std::make_unique<ConnectionShares::OnLoop>();
    here_ = here.get();
    shares_.change_total(*record_, record_->total + 1);
  }
  auto& idle = here_->members[index_of(Standing::kIdle)];
  member_ = idle.insert(idle.end(), {&occupant, now, Standing::kIdle});
  change(here_->counts[index_of(Standing::kIdle)], +1);
}

ConnectionShare::~ConnectionShare() {
  const std::size_t standing = index_of(member_->standing);
  here_->members[standing].erase(member_);
  change(here_->counts[standing], -1);
  const MutexLock lock(shares_.mutex_);
  shares_.change_total(*record_, record_->total - 1);
}

void ConnectionShare::stand(Standing standing, BootTime since) {
  if (member_->standing == standing && member_->since == since) return;
  auto& from = here_->members[index_of(member_->standing)];
  auto& to = here_->members[index_of(standing)];
  to.splice(to.end(), from, member_);
  if (member_->standing != standing) {
    change(here_->counts[index_of(member_->standing)], -1);
    change(here_->counts[index_of(standing)], +1);
  }
  member_->standing = standing;
  member_->since = since;
}

}  // namespace sse::http
