#pragma once

/// \file
/// A log whose journal keeps more than memory does, beside one that lets go of nothing.

#include <algorithm>
#include <future>
#include <span>
#include <string>
#include <utility>

#include "sse/log/archive.h"
#include "sse/log/start.h"

#include "log/logs.h"
#include "support/keeping_journal.h"

namespace sse::test {

/// Some 500 events are in memory.
struct ArchivedLog {
  static log::EventLog::Options in_little_memory(std::chrono::nanoseconds ttl = {}) {
    auto options = ManualLog::with_segments(4096);
    options.retention.max_bytes = log::kMinLogBytes;
    options.retention.ttl = ttl;
    return options;
  }

  explicit ArchivedLog(const log::EventLog::Options& options = in_little_memory(),
                       std::uint64_t part_events = 64)
      : log(options, clock),
        whole(whole_options(options), clock),
        journal({kEpoch, {}}, clock, part_events) {
    REQUIRE(journal.start(both));
    REQUIRE(archive.start());
  }

  wire::EventId add(const std::string& text, const std::string& type = {},
                    const std::string& topic = {}) {
    log::Append append(log.limits());
    append.add({type, topic, text});
    journal.append(append, kNever);
    REQUIRE(append.items()[0].outcome.kind == log::Outcome::Kind::kAppended);
    return append.items()[0].outcome.id;
  }

  /// Events a few milliseconds apart, some of them at one time.
  void add_many(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (i % 3 != 0) clock.advance(std::chrono::milliseconds(i % 4));
      const std::size_t n = whole.head() + 1;
      add(std::to_string(n) + std::string(n * 37 % 101, 'x'), "t" + std::to_string(n % 5),
          "topic/" + std::to_string(n % 17));
    }
  }

  /// The event as it was published.
  log::StoredEvent event(wire::Sequence sequence) { return whole.view().event(sequence); }

  /// A view that holds the event: of its part, which is read if it is not at hand, or of memory.
  log::View view_of(wire::Sequence sequence) {
    while (true) {
      const log::View view = log.view();
      if (!view.is_archived(sequence)) return view;
      if (auto part = archive.find(view, sequence)) return *std::move(part);
      std::promise<void> loaded;
      archive.load(view, sequence, [&] { loaded.set_value(); });
      loaded.get_future().get();
    }
  }

  /// Where a stream starts that is to start there, once the part that it says has been read.
  wire::Sequence settle(const log::Start& start) {
    if (!start.not_before) return start.cursor.next;
    return view_of(start.cursor.next).first_since(*start.not_before);
  }

  ManualClock clock;
  log::EventLog log;
  log::EventLog whole;
  log::LogFollower follower{log, [] {}};
  log::LogFollower whole_follower{whole, [] {}};

  /// Tells both logs; only the first one of the history.
  struct Both final : log::Follower {
    explicit Both(ArchivedLog& logs) : its(logs) {}
    void load(const log::Origin& origin, std::span<const log::KeptRow> rows) override {
      its.whole_follower.load(origin, rows);
      its.follower.load(origin, rows);
    }
    void begin_parts(std::span<const wire::EventId> first) override {
      its.follower.begin_parts(first);
    }
    void move_tail(const log::Tail& tail) override { its.follower.move_tail(tail); }
    void add(std::span<const log::Entry> entries, BootTime now) override {
      its.whole_follower.add(entries, now);
      its.follower.add(entries, now);
    }
    void restart(const log::Origin& origin, std::span<const log::KeptRow> rows,
                 std::string_view why) override {
      its.whole_follower.restart(origin, rows, why);
      its.follower.restart(origin, rows, why);
    }
    void wake() override {}

    ArchivedLog& its;
  };

  Both both{*this};
  KeepingJournal journal;
  log::Archive archive{journal, {}};

 private:
  static log::EventLog::Options whole_options(log::EventLog::Options options) {
    options.retention = {};
    return options;
  }
};

/// A log that was loaded as a start does it: in memory from that part on.
struct LoadedLog {
  LoadedLog(const ArchivedLog& from, std::size_t part,
            const log::EventLog::Options& options = ArchivedLog::in_little_memory())
      : log(options, from.clock) {
    from.journal.load_into(follower, from.journal.parts()[part].sequence(), from.clock.now().boot);
  }

  log::EventLog log;
  log::LogFollower follower{log, [] {}};
};

}  // namespace sse::test
