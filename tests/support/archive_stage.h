#pragma once

/// \file
/// A hub whose journal keeps more than is in memory: see hub_stage.h.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/hub_stage.h"
#include "support/keeping_journal.h"

namespace sse::test {

inline constexpr std::size_t kPartEvents = 50;

inline hub::HubOptions without_heartbeats() {
  hub::HubOptions options;
  options.heartbeat = std::chrono::nanoseconds(0);
  return options;
}

/// Of so few bytes that some 200 events of publish_many() are in memory.
inline log::EventLog::Options small_memory() {
  log::EventLog::Options options;
  options.retention.max_bytes = log::kMinLogBytes;
  return options;
}

inline std::unique_ptr<log::Journal> make_archiving_journal(
    const log::MemoryJournal::Options& options, const Clock& clock) {
  return std::make_unique<KeepingJournal>(options, clock, kPartEvents);
}

/// Turns until something holds that another thread has its part in.
template <typename Stage>
void until(Stage& stage, const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  stage.settle();
  while (!holds()) {
    REQUIRE(std::chrono::steady_clock::now() < end);
    std::this_thread::yield();
    stage.settle();
  }
}

/// The data of the event with this number: a kilobyte.
inline std::string text_of(std::size_t number) {
  std::string text = std::to_string(number);
  return text + std::string(1024 - text.size(), '.');
}

struct ArchiveStage : HubStage {
  explicit ArchiveStage(hub::HubOptions options = {},
                        const log::EventLog::Options& log = small_memory())
      : HubStage(options, log, make_archiving_journal) {}

  KeepingJournal& disk() { return static_cast<KeepingJournal&>(*journal); }

  /// Each a millisecond after the one before it; their numbers go on. Types `a` and `b`, topics
  /// `t/0` to `t/4` by turns.
  void publish_many(std::size_t count) {
    for (; count > 0; --count) {
      clock.advance(std::chrono::milliseconds(1));
      const std::size_t number = published.size() + 1;
      published.push_back(
          publish(text_of(number), number % 2 == 0 ? "a" : "b", "t/" + std::to_string(number % 5)));
    }
  }

  /// The numbers of the events that a peer received.
  static std::vector<std::size_t> numbers_of(const Peer& peer) {
    std::vector<std::size_t> numbers;
    for (const auto& text : events_of(peer.received())) {
      numbers.push_back(text.front() == '[' ? 0 : std::stoul(text));
    }
    return numbers;
  }

  /// All numbers in [from, to] that `step` divides.
  static std::vector<std::size_t> numbers(std::size_t from, std::size_t to, std::size_t step = 1) {
    std::vector<std::size_t> all;
    for (auto number = from; number <= to; ++number) {
      if (number % step == 0) all.push_back(number);
    }
    return all;
  }

  /// Turns until the peer has this.
  void await(const Peer& peer, const std::vector<std::size_t>& expected) {
    until(*this, [&] { return numbers_of(peer).size() >= expected.size(); });
    CHECK(numbers_of(peer) == expected);
  }
  /// Turns until so many reads wait to be answered.
  void await_reads(std::size_t count) {
    until(*this, [&] { return disk().held() >= count; });
    CHECK(disk().held() == count);
  }

  std::vector<wire::EventId> published;
};

}  // namespace sse::test
