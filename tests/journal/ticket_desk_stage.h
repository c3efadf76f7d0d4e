#pragma once

// What tests of tickets and sessions in Redis ask of hubs.

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "journal/cluster_node.h"
#include "journal/outcome_of.h"

namespace sse::journal {

using test::ClusterNode;
using test::outcome_of;

inline std::string hash(char digit, const std::string& begin = "") {
  return begin + std::string(64 - begin.size(), digit);
}

inline SharedTicket ticket(const std::string& key, const std::string& principal = "token:a",
                           std::chrono::milliseconds first_use = std::chrono::seconds(30)) {
  SharedTicket made;
  made.hash = key;
  made.principal = principal;
  made.text = "{\"of\":\"" + principal + "\"}";
  made.life = std::chrono::hours(1);
  made.first_use = first_use;
  return made;
}

inline SharedTicket session(const std::string& key, const std::string& principal = "token:a") {
  SharedTicket made = ticket(key, principal);
  made.is_session = true;
  return made;
}

constexpr SharedTicketLimits kLimits{100, 10};

/// What a node is asked, one call after the other.
struct Desk {
  explicit Desk(ClusterNode& node) : tickets(node.journal->tickets()) {}

  std::size_t add(const SharedTicket& made, SharedTicketLimits limits = kLimits) {
    const auto added =
        outcome_of<std::size_t>([&](auto done) { tickets.add(made, limits, std::move(done)); });
    REQUIRE(added);
    return *added;
  }
  ClusterTickets::MayBeTicket find(const std::string& key) {
    auto found = outcome_of<ClusterTickets::MayBeTicket>(
        [&](auto done) { tickets.find(key, std::move(done)); });
    REQUIRE(found);
    return *std::move(found);
  }
  ClusterTickets::MayBeNumbers take(const std::string& key, const std::string& cookie,
                                    const std::vector<ClusterTickets::Cookie>& others = {}) {
    auto taken = outcome_of<ClusterTickets::MayBeNumbers>(
        [&](auto done) { tickets.take(key, cookie, others, std::move(done)); });
    REQUIRE(taken);
    return *std::move(taken);
  }
  ClusterTickets::SignedIn sign_in(const std::string& before, const SharedTicket& made) {
    const auto in = outcome_of<ClusterTickets::SignInDone>(
        [&](auto done) { tickets.sign_in(before, made, kLimits, std::move(done)); });
    REQUIRE(in);
    return in->how;
  }
  void end(const std::string& key) {
    REQUIRE(outcome_of<void>([&](auto done) { tickets.end(key, std::move(done)); }));
  }

  ClusterTickets& tickets;
};

/// A node that lists sessions which have changed.
struct WatchingNode {
  explicit WatchingNode(const std::string& url, std::size_t max_calls = 512)
      : journal_settings(ClusterNode::settings(url)) {
    journal_settings.cluster.max_calls = max_calls;
    journal.emplace(journal_settings, clock, random);
    journal->tickets().on_changes([this](const SharedTicketChanges& changes) {
      const std::lock_guard lock(mutex);
      tickets = changes.tickets;
      sessions = changes.sessions;
      resets += changes.may_be_more ? 1 : 0;
      ++told;
      longest = std::max(longest, clock.boot() - changes.asked);
      changed.insert(changed.end(), changes.sessions_changed.begin(),
                     changes.sessions_changed.end());
    });
    follower.attach(rows);
    REQUIRE(journal->start(follower));
  }
  ~WatchingNode() { journal->stop(std::chrono::seconds(10)); }
  template <typename Test>
  bool holds(const Test& is_it) {
    const std::lock_guard lock(mutex);
    return is_it();
  }

  ClusterSettings journal_settings;
  SystemClock clock;
  SystemRandom random;
  log::EventLog log{{}, clock};
  test::TextRows rows;
  log::LogFollower follower{log, [] {}};
  std::mutex mutex;
  std::size_t tickets = 0;
  std::size_t sessions = 0;
  int resets = 0;
  int told = 0;
  std::chrono::nanoseconds longest{0};  // from the question to the answer
  std::vector<std::string> changed;
  std::optional<RedisJournal> journal;
};

}  // namespace sse::journal
