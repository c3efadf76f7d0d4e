#pragma once

/// \file
/// Small words for tests of the log.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sse/log/append.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"
#include "sse/log/memory_journal.h"

#include "support/at_once.h"
#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::test {

inline constexpr wire::Epoch kEpoch = 0x155'5555;

/// A log that a memory journal fills, with a clock of its own.
struct ManualLog {
  explicit ManualLog(const log::EventLog::Options& options) : log(options, clock) {
    REQUIRE(journal.start(follower));
  }
  ManualLog() : ManualLog(with_segments(std::size_t{1} << 20U)) {}

  static log::EventLog::Options with_segments(std::size_t size) {
    log::EventLog::Options options;
    options.segment_size = size;
    return options;
  }

  wire::EventId add(const std::string& text, const std::string& type = {},
                    const std::string& topic = {}) {
    const auto id = append({type, topic, text});
    REQUIRE(id);
    return *id;
  }

  Result<wire::EventId> append(const wire::Event& event) {
    return append_batch({&event, 1}).front();
  }

  std::vector<Result<wire::EventId>> append_batch(std::span<const wire::Event> events) {
    log::Append append(log.limits());
    for (const auto& event : events) append.add(event);
    journal.append(append, kNever);
    std::vector<Result<wire::EventId>> results;
    for (const auto& item : append.items()) {
      if (item.outcome.kind == log::Outcome::Kind::kAppended) {
        results.emplace_back(item.outcome.id);
      } else {
        results.emplace_back(item.outcome.error());
      }
    }
    return results;
  }

  /// Appends `count` events whose data counts from `first`.
  void add_many(std::size_t count, std::size_t first = 1) {
    for (std::size_t i = 0; i < count; ++i) add(std::to_string(first + i));
  }

  ManualClock clock;
  log::EventLog log;
  log::LogFollower follower{log, [] {}};
  log::MemoryJournal journal{{kEpoch, {}}, clock};
};

/// All that a cursor is fed when the socket takes at most `step` bytes at a time.
inline std::string feed(const log::View& view, log::Cursor& cursor, std::size_t step) {
  std::string out;
  for (auto run = view.run(cursor); !run.empty(); run = view.run(cursor)) {
    const auto sent = run.substr(0, step);
    out += sent;
    cursor = view.advance(cursor, sent.size());
  }
  return out;
}

inline std::string feed(const log::View& view, wire::Sequence from) {
  log::Cursor cursor{from, 0};
  return feed(view, cursor, std::string::npos);
}

}  // namespace sse::test
