#pragma once

/// \file
/// Lives whose memory holds little of what they keep.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sse/journal/database.h"
#include "sse/journal/kept_parts.h"
#include "sse/log/chunk.h"

#include "journal/life.h"
#include "journal/play.h"
#include "support/catch.h"
#include "support/disk_recording.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/recording_vfs.h"

namespace sse::test {

/// Parts of 8 KiB, of which memory holds seven.
inline Life::Options archive_options() {
  auto options = small_options();
  options.log.memory_bytes = std::uint64_t{64} << 10U;
  return options;
}

/// Appends of one event each, of about a KiB, of five topics.
inline void publish(Life& life, int count, std::size_t size = 1000) {
  for (int i = 0; i < count; ++i) {
    log::Append append(log::EventLimits{1U << 20U, {}});
    append.add({"event", "topic " + std::to_string(i % 5), std::string(size, 'x')});
    life.ask(append, {{}});
    life.wait();
  }
}

/// Changes a database that no life has open.
inline void change(RecordingVfs& disk, const std::string& sql) {
  auto database =
      journal::Database::open({"log.db", disk.name(), journal::Synchronous::kFull, false});
  REQUIRE(database);
  const auto changed = (*database)->run(sql.c_str());
  if (!changed) FAIL(changed.error().text);
}

inline std::int64_t number(RecordingVfs& disk, const std::string& sql) {
  auto database =
      journal::Database::open({"log.db", disk.name(), journal::Synchronous::kFull, false});
  REQUIRE(database);
  const auto number = (*database)->number(sql);
  REQUIRE(number);
  return *number;
}

/// Rows of `parts` that a start takes as they are.
inline std::size_t whole_parts(RecordingVfs& disk) {
  auto database =
      journal::Database::open({"log.db", disk.name(), journal::Synchronous::kFull, false});
  REQUIRE(database);
  auto parts = journal::KeptParts::open(**database);
  REQUIRE(parts);
  std::size_t whole = 0;
  const auto read = parts->read(0, std::int64_t{1} << 48, [&](std::int64_t, const auto& row) {
    if (row) ++whole;
  });
  REQUIRE(read);
  return whole;
}

/// A log of many parts, by a life that was stopped.
struct LongHistory {
  explicit LongHistory(int events = 300, const Life::Options& with = archive_options())
      : options(with) {
    Life life(disk, clock, random, options);
    REQUIRE(life.start());
    publish(life, events);
    life.stop();
    told = life.events();
    head = life.head();
  }

  ManualClock clock;
  FixedRandom random{1};
  RecordingVfs disk;
  Life::Options options;
  std::map<wire::Sequence, ToldEvent> told;
  std::optional<std::string> head;
};

/// What a part says of its pairs, found again.
inline std::vector<log::NewestInPart> newest_in(Life& life, const log::KeptPart& part) {
  std::map<std::pair<std::string, std::string>, wire::Sequence> newest;
  const auto chunks = life.read(part.first.sequence(), part.last);
  REQUIRE(chunks);
  for (const auto& chunk : *chunks) {
    const auto entries = log::decode_chunk(chunk, KeyedHash());
    REQUIRE(entries);
    for (const auto& entry : *entries) {
      if (entry.id.sequence() < part.first.sequence()) continue;
      newest[{std::string(entry.type.text), std::string(entry.topic.text)}] = entry.id.sequence();
    }
  }
  std::map<wire::Sequence, log::NewestInPart> in_order;
  for (const auto& [names, sequence] : newest) {
    in_order[sequence] = {sequence, names.first, names.second};
  }
  std::vector<log::NewestInPart> found;
  for (const auto& [sequence, one] : in_order) found.push_back(one);
  return found;
}

/// Parts follow each other from `first` on to what is in memory, and say what is in them.
inline void check_parts(Life& life, wire::Sequence first) {
  REQUIRE_FALSE(life.parts().empty());
  auto next = first;
  for (const auto& part : life.parts()) {
    CAPTURE(next);
    REQUIRE(part.first.sequence() == next);
    REQUIRE(part.first == life.events().at(next).id);
    CHECK(part.newest == newest_in(life, part));
    next = part.last + 1;
  }
  REQUIRE_FALSE(life.marks().empty());
  CHECK(life.marks().front().sequence() == next);
  REQUIRE(life.tail());
  CHECK(life.tail()->oldest.sequence() == first);
}

}  // namespace sse::test
