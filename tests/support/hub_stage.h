#pragma once

/// \file
/// A hub on one hand-turned loop with in-memory sockets and a manual clock: tests of the hub are
/// three lines.

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sse/http/stream_socket.h"
#include "sse/hub/filter.h"
#include "sse/hub/hub.h"
#include "sse/log/archive.h"
#include "sse/log/event_log.h"
#include "sse/log/memory_journal.h"
#include "sse/net/loop_pool.h"

#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/keeping_socket.h"
#include "support/manual_clock.h"
#include "support/memory_socket.h"

namespace sse::test {

inline constexpr wire::Epoch kEpoch = 77;
inline constexpr std::size_t kArchiveBytes = std::size_t{16} << 20U;
inline constexpr std::chrono::milliseconds kReadRetry{1};

inline std::unique_ptr<const hub::Filter> filter_of(std::vector<std::string> types,
                                                    std::vector<std::string> topics) {
  auto filter = hub::Filter::make(std::move(types), std::move(topics));
  REQUIRE(filter);
  return std::move(filter).value();
}

class HubStage {
 public:
  using MakeJournal = std::function<std::unique_ptr<log::Journal>(
      const log::MemoryJournal::Options& options, const Clock& clock)>;

  explicit HubStage(hub::HubOptions hub_options = {}, log::EventLog::Options log_options = {},
                    const MakeJournal& make_journal = make_memory_journal) {
    auto opened = net::LoopPool::open(clock, 1);
    REQUIRE(opened);
    loops = std::move(opened).value();
    event_log = std::make_unique<log::EventLog>(log_options, clock);
    journal = make_journal({kEpoch, {}}, clock);
    if (journal->keeps_parts()) {
      archive = std::make_unique<log::Archive>(
          *journal, log::Archive::Options{event_log->name_hash(), kArchiveBytes, kReadRetry});
      REQUIRE(archive->start());
    }
    hub = std::make_unique<hub::Hub>(*loops, *event_log, *journal, hub_options, random,
                                     archive.get());
    REQUIRE(hub->start());
  }

  net::Loop& loop() { return (*loops)[0]; }

  /// Turns the loop until a turn changes nothing that peers can see.
  void settle() {
    for (std::size_t before = 1, after = 0; before != after;) {
      before = progress();
      for (int i = 0; i < 4; ++i) loop().turn();
      after = progress();
    }
  }

  /// Time passes in small steps, and the loop turns in each.
  void pass(std::chrono::milliseconds time,
            std::chrono::milliseconds step = std::chrono::milliseconds(5)) {
    for (; time.count() > 0; time -= step) {
      clock.advance(step);
      loop().turn();
    }
    settle();
  }

  wire::EventId publish(std::string text, std::string type = {}, std::string topic = {}) {
    const auto id = hub->publisher().publish({std::move(type), std::move(topic), std::move(text)});
    REQUIRE(id);
    return *id;
  }

  /// A stream of everything from now on, or from `request`.
  Peer& open(const log::StartRequest& request = log::FromLatest{},
             std::unique_ptr<const hub::Filter> filter = nullptr) {
    Peer& peer = peers.emplace_back();
    open_with(peer, request, std::move(filter));
    return peer;
  }

  /// False: the hub has no place for it.
  bool open_with(Peer& peer, const log::StartRequest& request = log::FromLatest{},
                 std::unique_ptr<const hub::Filter> filter = nullptr) {
    return open_at(peer, event_log->view(), request, std::move(filter));
  }

  /// As a subscriber that was given its place in this view.
  bool open_at(Peer& peer, const log::View& view, const log::StartRequest& request,
               std::unique_ptr<const hub::Filter> filter = nullptr) {
    auto admission = hub->admit(peer_group(address));
    if (std::holds_alternative<hub::StreamRefusal>(admission)) return false;
    std::unique_ptr<net::Socket> socket = std::make_unique<MemorySocket>(peer);
    if (keeps) socket = std::make_unique<KeepingSocket>(std::move(socket));
    REQUIRE(socket->attach(loop(), ignored));
    auto stream = std::make_unique<http::StreamSocket>(std::move(socket), "HEAD\r\n\r\n", form);
    hub->open_stream(loop(), std::get<hub::StreamPlace>(std::move(admission)),
                     {std::move(stream),
                      log::locate(view, request),
                      view.head_id(),
                      view.generation(),
                      std::move(filter),
                      ids,
                      every,
                      {},
                      nullptr,
                      nullptr,
                      std::nullopt});
    return true;
  }

  /// Why the next stream would be refused.
  std::optional<hub::Refusal> refusal() {
    const auto admission = hub->admit(peer_group(address));
    const auto* refusal = std::get_if<hub::StreamRefusal>(&admission);
    return refusal != nullptr ? std::optional(refusal->reason) : std::nullopt;
  }

  static std::unique_ptr<log::Journal> make_memory_journal(
      const log::MemoryJournal::Options& options, const Clock& clock) {
    return std::make_unique<log::MemoryJournal>(options, clock);
  }

  /// What a peer received as `data:` texts, in order, control events as `[type]`.
  static std::vector<std::string> events_of(const std::string& received);

  struct IgnoredReadiness final : net::ReadyHandler {
    void on_ready(net::Readiness /*readiness*/) override {}
  };

  // What streams are opened with.
  std::string address = "192.0.2.1";
  http::StreamForm form = http::StreamForm::kUntilClose;
  hub::Ids ids = hub::Ids::kAll;
  std::chrono::nanoseconds every{0};
  bool keeps = false;  ///< their sockets take more than there is room for, as those of TLS

  ManualClock clock;
  FixedRandom random;
  IgnoredReadiness ignored;
  std::deque<Peer> peers;
  std::unique_ptr<net::LoopPool> loops;
  std::unique_ptr<log::EventLog> event_log;
  std::unique_ptr<log::Journal> journal;
  std::unique_ptr<log::Archive> archive;  ///< of a journal that keeps more than the log
  std::unique_ptr<hub::Hub> hub;

 private:
  std::size_t progress() const {
    std::size_t sum = 0;
    for (const auto& peer : peers) {
      sum += peer.received_bytes() + (peer.saw_end() ? 1 : 0) + (peer.is_closed() ? 1 : 0);
    }
    return sum;
  }
};

inline std::vector<std::string> HubStage::events_of(const std::string& received) {
  std::vector<std::string> events;
  std::string type;
  for (std::size_t at = 0; at < received.size();) {
    const auto end = received.find('\n', at);
    if (end == std::string::npos) break;
    const auto line = received.substr(at, end - at);
    at = end + 1;
    if (line.rfind("event: sse.", 0) == 0) type = line.substr(7);
    if (line.rfind("data: ", 0) == 0) {
      events.push_back(type.empty() ? line.substr(6) : "[" + type + "]");
    }
    if (line.empty()) type.clear();
  }
  return events;
}

}  // namespace sse::test
