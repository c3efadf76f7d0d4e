#pragma once

/// \file
/// A node of a cluster whose log is longer than its memory.

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/journal/redis_journal.h"
#include "sse/log/archive.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/start.h"

#include "journal/cluster_node.h"
#include "support/catch.h"
#include "support/redis_server.h"

namespace sse::test {

/// A node that holds 256 KiB of a log that keeps 64 MiB.
class SmallNode {
 public:
  static journal::ClusterSettings settings(const RedisServer& redis) {
    auto settings = ClusterNode::settings(redis.url());
    settings.cluster.max_bytes = std::uint64_t{64} << 20U;
    settings.log.memory_bytes = log::kMinLogBytes;
    return settings;
  }

  explicit SmallNode(const journal::ClusterSettings& settings)
      : journal(std::make_unique<journal::RedisJournal>(settings, clock, random_)) {
    const auto started = journal->start(follower_);
    if (!started) FAIL(started.error().text);
    REQUIRE(archive.start());
  }
  explicit SmallNode(const RedisServer& redis) : SmallNode(settings(redis)) {}
  ~SmallNode() { journal->stop(std::chrono::seconds(10)); }

  wire::EventId add(const std::string& topic, const std::string& data) {
    log::Append append(log.limits());
    append.add({"e", topic, data});
    std::promise<log::Outcome> outcome;
    const auto later = [&]() -> log::Journal::Done {
      return [&](log::Append&& known) { outcome.set_value(known.items()[0].outcome); };
    };
    REQUIRE(journal->append(append, later) == log::Answered::kLater);
    const auto known = outcome.get_future().get();
    REQUIRE(known.kind == log::Outcome::Kind::kAppended);
    return known.id;
  }

  void add_many(int count, std::size_t size = 2'000) {
    for (int i = 0; i < count; ++i) {
      add("topic/" + std::to_string(i % 7), std::to_string(i) + std::string(size, 'x'));
    }
  }

  /// A view that holds the event: of its part, which is read if it is not at hand, or of memory.
  log::View view_of(wire::Sequence sequence) {
    while (true) {
      log::View view = log.view();
      if (!view.is_archived(sequence)) return view;
      if (auto part = archive.find(view, sequence)) return *std::move(part);
      std::promise<void> loaded;
      archive.load(view, sequence, [&] { loaded.set_value(); });
      loaded.get_future().get();
    }
  }

  /// What read() gives, as its code.
  std::optional<ErrorCode> failure_of(wire::Sequence first, wire::Sequence last) {
    std::promise<std::optional<ErrorCode>> read;
    journal->read(first, last, [&](const Result<std::vector<std::string>>& chunks) {
      read.set_value(chunks ? std::nullopt : std::optional(chunks.error().code));
    });
    return read.get_future().get();
  }

  /// All events from the tail on, by id.
  std::map<wire::Sequence, std::string> all() {
    std::map<wire::Sequence, std::string> events;
    const log::View now = log.view();
    for (auto sequence = now.tail(); sequence <= now.head();) {
      const log::View view = view_of(sequence);
      for (; sequence <= view.head() && sequence <= now.head(); ++sequence) {
        events[sequence] = view.block(sequence);
      }
    }
    return events;
  }

  log::Start after(const wire::EventId& id) {
    return log::locate(log.view(), log::AfterId{wire::to_string(id)});
  }

  void wait_for_head(wire::Sequence head) {
    wait_until([&] { return log.head() == head; }, "the log ends at " + std::to_string(head));
  }

 private:
  static log::EventLog::Options in_little_memory() {
    log::EventLog::Options options;
    options.retention.max_bytes = log::kMinLogBytes;
    return options;
  }

  SystemRandom random_;

 public:
  SystemClock clock;
  log::EventLog log{in_little_memory(), clock};

 private:
  log::LogFollower follower_{log, [] {}};

 public:
  std::unique_ptr<journal::RedisJournal> journal;
  log::Archive archive{*journal, {}};
};

}  // namespace sse::test
