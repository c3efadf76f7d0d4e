#pragma once

/// \file
/// A log that a SqliteJournal fills, with rows that remember, for tests.

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sse/journal/sqlite_journal.h"
#include "sse/log/event_log.h"
#include "sse/log/log_follower.h"

#include "journal/text_rows.h"
#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

namespace sse::test {

/// One life of a hub on a directory.
class DurableLog {
 public:
  struct Options {
    journal::DurableOptions keeper;
    log::EventLog::Options log;
    std::uint64_t seed = 1;  ///< of the epochs
  };

  static Options options(const std::string& directory) {
    Options options;
    options.keeper.journal.directory = directory;
    options.keeper.journal.reserve = 0;
    options.keeper.journal.commit_timeout = {};
    return options;
  }

  DurableLog(const Options& options, ManualClock& clock)
      : random_(options.seed), log(options.log, clock), follower_(log, [] {}) {
    auto opened = journal::SqliteJournal::open(options.keeper, clock, random_);
    if (!opened) FAIL(opened.error().text);
    journal = *std::move(opened);
    follower_.attach(rows);
    const auto started = journal->start(follower_);
    if (!started) FAIL(started.error().text);
  }
  DurableLog(const std::string& directory, ManualClock& clock)
      : DurableLog(options(directory), clock) {}
  /// A clean end.
  ~DurableLog() {
    journal->stop(std::chrono::seconds(10));
    journal.reset();
  }

  /// Appends, and waits for the outcomes.
  log::Append ask(log::Append append) {
    std::optional<log::Append> known;
    std::mutex mutex;
    std::condition_variable changed;
    const auto later = [&]() -> log::Journal::Done {
      return [&](log::Append&& answered) {
        const std::lock_guard lock(mutex);
        known = std::move(answered);
        changed.notify_all();
      };
    };
    if (journal->append(append, later) == log::Answered::kNow) return append;
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return known.has_value(); });
    return *std::move(known);
  }

  log::Append empty() const { return log::Append(log.limits()); }

  log::Outcome event(const std::string& data, const std::string& topic = "t") {
    auto append = empty();
    append.add({"e", topic, data});
    return ask(std::move(append)).items().front().outcome;
  }
  log::Outcome put(std::uint64_t key, const std::string& name) {
    auto append = empty();
    append.add({"put", "", name}, {log::RowChange::Kind::kPut, {0, key}, name, "of " + name});
    return ask(std::move(append)).items().front().outcome;
  }
  log::Outcome erase(std::uint64_t key) {
    auto append = empty();
    append.add({"erase", "", ""}, {log::RowChange::Kind::kErase, {0, key}, {}, {}},
               log::Condition::kRowExists);
    return ask(std::move(append)).items().front().outcome;
  }
  log::Outcome add(std::uint64_t key, const std::string& member) {
    auto append = empty();
    append.add({"add", "", member}, {log::RowChange::Kind::kAdd, {0, key}, {}, member},
               log::Condition::kRowExists);
    return ask(std::move(append)).items().front().outcome;
  }

  /// Every event that is visible, as it is sent.
  std::string all() {
    const log::View view = log.view();
    std::string text;
    for (auto sequence = view.tail(); sequence <= view.head(); ++sequence) {
      const auto event = view.event(sequence);
      text.append(event.block).append(event.type).append("|").append(event.topic).append("\n");
    }
    return text;
  }

 private:
  FixedRandom random_;

 public:
  log::EventLog log;
  TextRows rows;

 private:
  log::LogFollower follower_;

 public:
  std::unique_ptr<journal::SqliteJournal> journal;
};

/// What a killed hub leaves: the files of `directory` as they are now, copied to `copy`.
inline void copy_files(const std::string& directory, const std::string& copy) {
  std::filesystem::create_directory(copy);
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::filesystem::copy_file(entry.path(), copy / entry.path().filename());
  }
}

}  // namespace sse::test
