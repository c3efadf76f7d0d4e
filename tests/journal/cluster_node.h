#pragma once

/// \file
/// One node of a cluster: a log that a RedisJournal fills, with rows that remember.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "sse/base/clock.h"
#include "sse/base/random.h"
#include "sse/journal/redis_journal.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"

#include "journal/text_rows.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/redis_server.h"

namespace sse::test {

/// Appends, and gets the outcomes some time.
struct AskedLater {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<log::Append> known;

  bool is_known() {
    const std::lock_guard lock(mutex);
    return known.has_value();
  }
  const log::Outcome& outcome(std::size_t item = 0) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return known.has_value(); });
    return known->items()[item].outcome;
  }
};

class ClusterNode {
 public:
  static journal::ClusterSettings settings(const std::string& url) {
    journal::ClusterSettings settings;
    settings.cluster.url = url;
    settings.cluster.timeout = std::chrono::seconds(60);
    return settings;
  }

  explicit ClusterNode(const journal::ClusterSettings& settings)
      : journal(std::make_unique<journal::RedisJournal>(settings, clock, random_)) {
    follower_.attach(rows);
    const auto started = journal->start(follower_);
    if (!started) FAIL(started.error().text);
    digest_key = journal->take_repeats()->digest_key;
  }
  explicit ClusterNode(const std::string& url) : ClusterNode(settings(url)) {}
  ~ClusterNode() {
    journal->stop(std::chrono::seconds(10));
    journal.reset();
  }

  std::shared_ptr<AskedLater> ask(log::Append append) {
    const auto asked = std::make_shared<AskedLater>();
    const auto answer = [asked](log::Append&& known) {
      const std::lock_guard lock(asked->mutex);
      asked->known = std::move(known);
      asked->changed.notify_all();
    };
    const auto later = [&]() -> log::Journal::Done { return answer; };
    if (journal->append(append, later) == log::Answered::kNow) answer(std::move(append));
    return asked;
  }

  log::Append empty() const { return log::Append(log.limits()); }

  std::shared_ptr<AskedLater> ask_event(const std::string& data) {
    auto append = empty();
    append.add({"e", "t", data});
    return ask(std::move(append));
  }
  log::Outcome event(const std::string& data) { return ask_event(data)->outcome(); }
  log::Outcome put(std::uint64_t key, const std::string& name,
                   log::Condition condition = log::Condition::kNone) {
    return change({log::RowChange::Kind::kPut, {0, key}, name, "of " + name}, condition);
  }
  log::Outcome erase(std::uint64_t key) {
    return change({log::RowChange::Kind::kErase, {0, key}, {}, {}}, log::Condition::kRowExists);
  }
  log::Outcome add(std::uint64_t key, const std::string& member) {
    return change({log::RowChange::Kind::kAdd, {0, key}, {}, member}, log::Condition::kRowExists);
  }

  /// Every event that is in memory, as it is sent.
  std::string all() {
    const log::View view = log.view();
    std::string text;
    for (auto sequence = std::max(view.tail(), view.first_held()); sequence <= view.head();
         ++sequence) {
      text.append(view.event(sequence).block);
    }
    return text;
  }
  void wait_for_head(wire::Sequence head) {
    wait_until([&] { return log.head() == head; }, "the log ends at " + std::to_string(head));
  }

 private:
  log::Outcome change(const log::RowChange& row, log::Condition condition) {
    auto append = empty();
    append.add({"row", "", "x"}, row, condition);
    return ask(std::move(append))->outcome();
  }

  SystemRandom random_;

 public:
  SystemClock clock;
  log::EventLog log{{}, clock};
  TextRows rows;                              ///< to be read while nothing is appended
  std::array<std::uint64_t, 2> digest_key{};  ///< of the log as it was when the node started
  /// What a loop found that was woken last.
  std::atomic<std::uint64_t> woken_generation = 0;

 private:
  log::LogFollower follower_{log, [this] { woken_generation = log.view().generation(); }};

 public:
  std::unique_ptr<journal::RedisJournal> journal;
};

}  // namespace sse::test
