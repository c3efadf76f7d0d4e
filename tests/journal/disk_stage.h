#pragma once

/// \file
/// A life on a disk of its own that has begun, and what its tests ask of it.

#include <algorithm>
#include <string>
#include <vector>

#include "sse/log/append.h"

#include "journal/life.h"
#include "journal/play.h"
#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/recording_vfs.h"

namespace sse::test {

/// Asks for `count` events in one append.
inline void ask_for_events(Life& life, int count, const std::string& data) {
  log::Append append(log::EventLimits{1U << 20U, {}});
  for (int i = 0; i < count; ++i) append.add({"event", "", data});
  life.ask(append, std::vector<Wish>(static_cast<std::size_t>(count)));
}

/// A journal on a disk in memory, started.
struct DiskStage {
  explicit DiskStage(const Life::Options& options = small_options())
      : life(disk, clock, random, options) {
    REQUIRE(life.start());
  }

  /// One append of so many events, and its answer.
  void publish(int count, const std::string& data) {
    ask_for_events(life, count, data);
    life.wait();
  }
  /// Some appends, one after the other.
  void publish_rounds(int rounds, int count, const std::string& data) {
    for (int round = 0; round < rounds; ++round) publish(count, data);
  }

  ManualClock clock;
  FixedRandom random{1};
  RecordingVfs disk;
  Life life;
};

/// A life whose syncs wait from its start on.
struct SlowDisk : DiskStage {
  using DiskStage::DiskStage;

  void hold_with_an_event() {
    life.hold_syncs();
    event("first");
    life.wait_for_sync();
  }
  void event(const std::string& data) { ask_for_events(life, 1, data); }
  void event_of(const std::string& address, const std::string& data) {
    log::Append append(log::EventLimits{1U << 20U, {}});
    append.set_peer(peer_group(address));
    append.add({"event", "", data});
    life.ask(append, {{}});
  }
  void put(std::uint64_t key, const std::string& name) {
    log::Append append(log::EventLimits{1U << 20U, {}});
    append.add({"put", "", name}, {log::RowChange::Kind::kPut, {1, key}, name, "bytes"},
               log::Condition::kNameIsFree);
    life.ask(append, {{log::RowChange::Kind::kPut, {1, key}}});
  }
  void change(log::RowChange::Kind kind, std::uint64_t key) {
    log::Append append(log::EventLimits{1U << 20U, {}});
    append.add({"change", "", ""}, {kind, {1, key}, {}, "member"}, log::Condition::kRowExists);
    life.ask(append, {{kind, {1, key}}});
  }
};

/// A later life on what `files` holds, started.
struct NextLife {
  NextLife(DiskStage& before, const DiskFiles& files,
           const Life::Options& options = small_options())
      : disk(files), life(disk, before.clock, before.random, options, before.life.head()) {
    REQUIRE(life.start());
  }
  explicit NextLife(DiskStage& before, const Life::Options& options = small_options())
      : NextLife(before, before.disk.files(), options) {}

  RecordingVfs disk;
  Life life;
};

/// Holds the events and rows of a start against what an earlier life was told. A full disk may have
/// taken the oldest events.
inline void check_same(const Life& again, const Life& before, bool may_lack_oldest) {
  const auto promised = before.events().empty() ? 0 : before.events().rbegin()->first;
  const auto& events = again.events();
  const auto head = events.empty() ? 0 : events.rbegin()->first;
  REQUIRE(head >= promised);
  const auto tail = events.empty() ? 1 : events.begin()->first;
  if (!may_lack_oldest) REQUIRE(tail == 1);
  for (const auto& [sequence, event] : before.events()) {
    if (sequence < tail && sequence != promised) continue;
    REQUIRE(events.contains(sequence));
    REQUIRE(events.at(sequence) == event);
  }
  // What was refused may be there after a failed sync, at most: not known is not refused.
  if (head == promised) CHECK(again.rows() == before.rows());
}

}  // namespace sse::test
