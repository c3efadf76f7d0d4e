// Streams that go from one hub to another: wherever the first one was cut, what both have sent
// together is what one hub would have sent.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/log/chunk.h"

#include "support/chunked.h"
#include "support/hub_stage.h"

namespace sse::hub {
namespace {

using test::HubStage;
using test::MemorySocket;
using test::Peer;

log::CarriedLog copy_of(const log::EventLog& log, const log::View& view) {
  log::CarriedLog carried;
  carried.head = view.head_id();
  carried.origin = {view.head_id(), view.epoch()};
  for (wire::Sequence next = view.first_held(); next <= view.head(); ++next) {
    const auto event = view.event(next);
    if (next == view.first_held()) {
      carried.origin.head = wire::EventId::make(event.id.unix_time(), view.epoch(), next - 1);
    }
    const log::Entry entry{event.id,
                           event.block,
                           log::NameKey(event.type, log.name_hash()),
                           log::NameKey(event.topic, log.name_hash()),
                           {},
                           {}};
    carried.chunks.push_back(log::encode_chunk(std::span(&entry, 1)));
  }
  return carried;
}

HubStage::MakeJournal journal_with(const log::CarriedLog& carried) {
  return [carried](const log::MemoryJournal::Options& options, const Clock& clock) {
    auto journal = std::make_unique<log::MemoryJournal>(options, clock);
    journal->carry(carried);
    return journal;
  };
}

/// A hub whose streams are handed to another one.
struct Handover {
  explicit Handover(http::StreamForm form) {
    HubOptions options;
    options.heartbeat = std::chrono::nanoseconds(0);
    old = std::make_unique<HubStage>(options);
    old->form = form;
  }

  /// Everything that is open goes on in another hub. How many streams that is.
  std::size_t hand_over() {
    std::vector<std::vector<HandedStream>> of_loops;
    of_loops.push_back(old->hub->hand_over(old->loop()));
    auto handed = old->hub->in_order(std::move(of_loops));
    auto carried = copy_of(*old->event_log, old->event_log->view());
    HubOptions options;
    options.heartbeat = std::chrono::nanoseconds(0);
    fresh = std::make_unique<HubStage>(options, log::EventLog::Options(), journal_with(carried));
    old->hub->let_go(old->loop());
    for (auto& stream : handed) {
      const net::HandedSocket socket = stream.socket;
      auto under = std::make_unique<MemorySocket>(fresh->peers.emplace_back());
      REQUIRE(fresh->hub->take_over(fresh->loop(), std::move(stream),
                                    std::make_unique<http::StreamSocket>(std::move(under), socket),
                                    nullptr));
    }
    for (Peer& peer : fresh->peers) peer.tell_of_room();
    fresh->settle();
    return handed.size();
  }

  std::unique_ptr<HubStage> old;
  std::unique_ptr<HubStage> fresh;
};

void publish_some(HubStage& stage) {
  stage.publish("first", "t", "x/y");
  stage.publish("hidden, perhaps", {}, "other");
  stage.publish("two\nlines", {}, "x/y");
  stage.publish(std::string(300, 'x'), {}, "x/z");
}

/// What the peer of both hubs has received, without head and framing.
std::string text_of(const std::string& received, http::StreamForm form) {
  static const std::string kHead = "HEAD\r\n\r\n";
  REQUIRE(received.starts_with(kHead));
  const auto body = std::string_view(received).substr(kHead.size());
  if (form == http::StreamForm::kUntilClose) return std::string(body);
  test::ChunkReader reader;
  std::string text;
  INFO(received);
  CHECK(reader.take(body, text));
  CHECK(reader.is_between_chunks());
  return text;
}

}  // namespace

TEST_CASE("a stream goes on to the byte, wherever it was cut") {
  const auto form = GENERATE(http::StreamForm::kChunked, http::StreamForm::kUntilClose);
  const bool is_filtered = GENERATE(false, true);
  const bool is_replay = GENERATE(false, true);
  const auto filter = [&] {
    return is_filtered ? test::filter_of({}, {"x/#"}) : std::unique_ptr<const Filter>();
  };
  const log::StartRequest start =
      is_replay ? log::StartRequest(log::FromEarliest()) : log::StartRequest(log::FromLatest());
  for (std::size_t room = 0; room < 900; room += 1 + room / 64) {
    INFO("room for " << room << " bytes");
    Handover handover(form);
    HubStage& old = *handover.old;
    if (is_replay) publish_some(old);
    Peer& before = old.peers.emplace_back();
    before.set_room(room);
    REQUIRE(old.open_with(before, start, filter()));
    old.settle();
    if (!is_replay) publish_some(old);
    old.settle();
    REQUIRE(handover.hand_over() == 1);
    CHECK(before.is_closed());
    handover.fresh->publish("after", {}, "x/y");
    handover.fresh->publish("not for all", {}, "other");
    handover.fresh->settle();
    const auto text = text_of(before.received() + handover.fresh->peers[0].received(), form);
    std::vector<std::string> expected{"first", "two", "lines", std::string(300, 'x'), "after"};
    if (!is_filtered) {
      expected.insert(expected.begin() + 1, "hidden, perhaps");
      expected.emplace_back("not for all");
    }
    REQUIRE(HubStage::events_of(text) == expected);
    CHECK(text.find("retry: ") == 0);
    CHECK(old.hub->stream_count() == 0);
    CHECK(handover.fresh->hub->stream_count() == 1);
  }
}

TEST_CASE("streams that another process cannot go on with stay, and are told to come back soon") {
  Handover handover(http::StreamForm::kChunked);
  HubStage& old = *handover.old;
  old.open();
  old.every = std::chrono::milliseconds(100);
  Peer& paced = old.open();
  old.every = std::chrono::nanoseconds(0);
  old.keeps = true;  // as TLS does
  Peer& secure = old.open();
  old.settle();
  CHECK(handover.hand_over() == 1);
  CHECK(old.hub->stream_count() == 2);
  bool is_drained = false;
  old.hub->drain(std::chrono::seconds(5), [&] { is_drained = true; });
  old.settle();
  for (const Peer* peer : {&paced, &secure}) {
    const auto at = peer->received().rfind("retry: ");
    REQUIRE(at != std::string::npos);
    CHECK(peer->received().find("event: sse.closing") != std::string::npos);
    CHECK(std::stoi(peer->received().substr(at + 7)) <= 2000);
  }
}

TEST_CASE("streams that were to be handed over go on where they are when nothing comes of it") {
  Handover handover(http::StreamForm::kChunked);
  HubStage& old = *handover.old;
  Peer& peer = old.open();
  old.settle();
  REQUIRE(old.hub->hand_over(old.loop()).size() == 1);
  REQUIRE(old.journal->suspend(std::chrono::seconds(1)));
  CHECK_FALSE(old.hub->publisher().publish({{}, {}, "refused"}));
  REQUIRE(old.journal->resume());
  old.publish("goes on");
  old.settle();
  CHECK(peer.received().find("goes on") != std::string::npos);
}

TEST_CASE("a log that was handed over goes on with its ids, and knows where it began") {
  Handover handover(http::StreamForm::kChunked);
  HubStage& old = *handover.old;
  const auto first = old.publish("first");
  const auto second = old.publish("second");
  CHECK(handover.hand_over() == 0);
  HubStage& fresh = *handover.fresh;
  const auto third = fresh.publish("third");
  CHECK(third.epoch() == first.epoch());
  CHECK(third.sequence() == 3);
  Peer& peer = fresh.open(log::AfterId{wire::to_string(first)});
  fresh.settle();
  CHECK(peer.received().find("sse.gap") == std::string::npos);
  CHECK(peer.received().find(wire::to_string(second)) != std::string::npos);
}

TEST_CASE("a log that was handed over with a hole is refused") {
  Handover handover(http::StreamForm::kChunked);
  HubStage& old = *handover.old;
  for (const char* text : {"1", "2", "3"}) old.publish(text);
  auto carried = copy_of(*old.event_log, old.event_log->view());
  const auto lost = GENERATE(0, 1, 2);
  carried.chunks.erase(carried.chunks.begin() + static_cast<std::ptrdiff_t>(lost));
  log::EventLog log(log::EventLog::Options(), old.clock);
  log::LogFollower follower(log, [] {});
  log::MemoryJournal journal({test::kEpoch, {}}, old.clock);
  journal.carry(std::move(carried));
  CHECK(journal.start(follower).error().code == ErrorCode::kInvalid);
}

TEST_CASE("a stream for which there is no place is not taken over") {
  Handover handover(http::StreamForm::kChunked);
  handover.old->open();
  handover.old->settle();
  auto handed = handover.old->hub->hand_over(handover.old->loop());
  REQUIRE(handed.size() == 1);
  HubOptions options;
  options.max_clients = 0;
  HubStage other(options);
  auto socket = std::make_unique<MemorySocket>(other.peers.emplace_back());
  const auto taken =
      other.hub->take_over(other.loop(), std::move(handed[0]), std::move(socket), nullptr);
  CHECK(taken.error().code == ErrorCode::kFull);
}

TEST_CASE("streams keep their ages, and the order in which they go") {
  Handover handover(http::StreamForm::kChunked);
  HubStage& old = *handover.old;
  for (const bool is_filtered : {true, false, false}) {
    old.open(log::FromLatest(), is_filtered ? test::filter_of({}, {"x"}) : nullptr);
    old.clock.advance(std::chrono::seconds(10));
    old.settle();
  }
  old.settle();
  std::vector<std::vector<HandedStream>> of_loops;
  of_loops.push_back(old.hub->hand_over(old.loop()));
  CHECK(of_loops[0].back().filter);  // those without one come first
  const auto handed = old.hub->in_order(std::move(of_loops));
  REQUIRE(handed.size() == 3);
  CHECK(handed[0].filter);
  CHECK(handed[1].opened == handed[0].opened + 10);
  CHECK(handed[2].opened == handed[0].opened + 20);
  HubOptions options;
  options.max_clients = 3;
  HubStage fresh(options);
  fresh.clock.advance(std::chrono::seconds(30));
  fresh.settle();
  for (const auto& stream : handed) {
    auto copy = stream;
    auto under = std::make_unique<MemorySocket>(fresh.peers.emplace_back());
    REQUIRE(fresh.hub->take_over(
        fresh.loop(), std::move(copy),
        std::make_unique<http::StreamSocket>(std::move(under), stream.socket), nullptr));
  }
  std::vector<ListedStream> listed;
  fresh.hub->list_streams(10, [&](std::vector<ListedStream> all) { listed = std::move(all); });
  fresh.settle();
  REQUIRE(listed.size() == 3);
  CHECK(listed[0].age == std::chrono::seconds(10));  // the newest first
  CHECK(listed[2].age == std::chrono::seconds(30));
  fresh.open();
  fresh.settle();
  CHECK(fresh.peers[0].received().find("\"reason\":\"evicted\"") != std::string::npos);
}

TEST_CASE("a stream that was evicted after its loop stood is not handed over, and told so") {
  HubOptions options;
  options.max_clients = 2;
  HubStage stage(options);
  auto& oldest = stage.open();
  stage.open();
  stage.settle();
  std::vector<std::vector<HandedStream>> handed;
  handed.push_back(stage.hub->hand_over(stage.loop()));
  REQUIRE(handed[0].size() == 2);
  stage.open();  // as another loop does
  CHECK(stage.hub->in_order(std::move(handed)).size() == 1);
  stage.hub->let_go(stage.loop());
  stage.settle();
  CHECK(oldest.received().find("\"reason\":\"evicted\"") != std::string::npos);
}

}  // namespace sse::hub
