// Streams that open on two loops at once: places, and which stream goes for which.

#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <variant>

#include "sse/http/stream_socket.h"

#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using test::Peer;

constexpr std::size_t kMost = 8;

/// A hub on two loops, each turned by a thread of its own.
struct TwoLoops {
  explicit TwoLoops(WhenFull when_full) {
    auto pool = net::LoopPool::open(clock, 2);
    REQUIRE(pool);
    loops = std::move(pool).value();
    HubOptions options;
    options.max_clients = kMost;
    options.when_full = when_full;
    hub.emplace(*loops, log, journal, options, random);
    REQUIRE(hub->start());
  }

  /// On a loop's thread. False: it was refused.
  bool open(unsigned index, Peer& peer) {
    auto admission = hub->admit(peer_group("192.0.2.1"));
    if (std::holds_alternative<StreamRefusal>(admission)) return false;
    auto socket = std::make_unique<test::MemorySocket>(peer);
    net::Loop& loop = (*loops)[index];
    socket->attach(loop, ignored);
    const log::View view = log.view();
    StreamOpening opening;
    opening.socket = std::make_unique<http::StreamSocket>(std::move(socket), "HEAD\r\n\r\n",
                                                          http::StreamForm::kChunked);
    opening.start = log::locate(view, log::FromLatest{});
    opening.log_head = view.head_id();
    opening.generation = view.generation();
    hub->open_stream(loop, std::get<StreamPlace>(std::move(admission)), std::move(opening));
    return true;
  }

  /// Opens streams, of which every third is a HEAD: a place that is not used.
  void run(unsigned index) {
    for (int i = 0; i < 600; ++i) {
      if (i % 3 == 0) {
        hub->admit(peer_group("192.0.2.1"));
      } else if (open(index, peers[index].emplace_back())) {
        ++opened;
      }
      if (hub->stream_count() > kMost) too_many = true;
      (*loops)[index].turn();
      auto& mine = peers[index];
      if (i % 5 == 0 && !mine.empty() && !mine.back().is_closed()) mine.back().finish();
    }
  }

  struct IgnoredReadiness final : net::ReadyHandler {
    void on_ready(net::Readiness /*readiness*/) override {}
  };

  test::ManualClock clock;
  test::FixedRandom random;
  IgnoredReadiness ignored;
  std::deque<Peer> peers[2];  // by loop
  std::unique_ptr<net::LoopPool> loops;
  log::EventLog log{{}, clock};
  log::MemoryJournal journal{{test::kEpoch, {}}, clock};
  std::optional<Hub> hub;
  std::atomic<std::size_t> opened = 0;
  std::atomic<bool> too_many = false;
};

TEST_CASE("Two loops that open streams at once have no more than the limit, and evict no more",
          "[hub][admission]") {
  const auto when_full = GENERATE(WhenFull::kEvictOldest, WhenFull::kReject);
  TwoLoops both(when_full);
  std::thread other([&] { both.run(1); });
  both.run(0);
  other.join();
  for (int i = 0; i < 10; ++i) {
    for (unsigned index : {0U, 1U}) (*both.loops)[index].turn();
  }
  CHECK_FALSE(both.too_many);
  const auto counts = both.hub->counts();
  const auto evicted = counts.closed_for(CloseReason::kEvicted);
  CHECK(counts.opened == both.opened);
  CHECK(both.hub->stream_count() == both.opened - evicted - counts.closed_for(CloseReason::kPeer));
  if (when_full == WhenFull::kReject) {
    CHECK(evicted == 0);
    CHECK(counts.refused_for(Refusal::kFull) > 0);
  } else {
    CHECK(evicted > 0);
    CHECK(counts.refused_for(Refusal::kFull) == 0);
  }
  std::size_t told = 0;
  for (const auto& peers : both.peers) {
    for (const auto& peer : peers) {
      told += peer.received().find("\"reason\":\"evicted\"") != std::string::npos ? 1U : 0U;
    }
  }
  CHECK(told <= evicted);
  // Every place was given back: as many streams fit as before.
  Peer last[kMost];
  if (when_full == WhenFull::kReject) {
    const auto free = kMost - both.hub->stream_count();
    for (std::size_t i = 0; i < free; ++i) CHECK(both.open(0, last[i]));
    CHECK(std::holds_alternative<StreamRefusal>(both.hub->admit(peer_group("192.0.2.1"))));
  }
  both.hub.reset();
}

}  // namespace
}  // namespace sse::hub
