// Streams with an end: the first event of a type that passes the filter is the last.

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "sse/wire/done_id.h"
#include "sse/wire/parser.h"

#include "support/chunked.h"
#include "support/hub_stage.h"
#include "wire/recording_sink.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::Peer;
using Texts = std::vector<std::string>;

std::unique_ptr<const Filter> until(Texts last_types, Texts types = {},
                                    Texts topics = {"jobs/42"}) {
  auto filter = Filter::make(std::move(types), std::move(topics), std::move(last_types));
  REQUIRE(filter);
  return std::move(filter).value();
}

/// What an EventSource has of a stream, or of the beginning of one.
struct Reading {
  Texts data;      // of events
  Texts closings;  // data of sse.closing
  std::string last_event_id;

  bool is_done() const { return wire::is_done_id(last_event_id); }
  void read(std::string_view received) {
    received.remove_prefix(std::min(received.find("\r\n\r\n") + 4, received.size()));
    test::RecordingSink sink;
    wire::Parser parser(sink, 1U << 20U);
    parser.set_last_event_id(last_event_id);
    REQUIRE(parser.push(received));
    for (const auto& event : sink.events) {
      (event.type == "sse.closing" ? closings : data).push_back(event.data);
    }
    last_event_id = parser.last_event_id();
  }
};

Reading read(const Peer& peer) {
  Reading reading;
  reading.read(peer.received());
  return reading;
}

/// A job of three pieces, with others beside it and behind it.
wire::EventId publish_job(HubStage& stage) {
  stage.publish("one", "piece", "jobs/42");
  stage.publish("other", "done", "jobs/41");
  stage.publish("two", "piece", "jobs/42");
  stage.publish("three", "piece", "jobs/42");
  const auto last = stage.publish("end", "done", "jobs/42");
  stage.publish("more", "piece", "jobs/42");
  stage.publish("again", "done", "jobs/42");
  return last;
}

const std::vector<std::string> kJob = {"one", "two", "three", "end"};

TEST_CASE("A stream ends behind the first event of its last type, and that event says so",
          "[hub][until]") {
  HubStage stage;
  SECTION("live") {
    auto& peer = stage.open(log::FromLatest{}, until({"done"}));
    stage.settle();
    publish_job(stage);
    stage.settle();
    CHECK(read(peer).data == kJob);
  }
  SECTION("one event at a time") {
    auto& peer = stage.open(log::FromLatest{}, until({"done"}));
    for (const char* type : {"piece", "done", "done"}) {
      stage.settle();
      stage.publish(type, type, "jobs/42");
    }
    stage.settle();
    CHECK(read(peer).data == Texts{"piece", "done"});
  }
  SECTION("in the replay, before the head") {
    publish_job(stage);
    auto& peer = stage.open(log::FromEarliest{}, until({"done"}));
    stage.settle();
    CHECK(read(peer).data == kJob);
  }
  SECTION("at the head") {
    stage.publish("one", "piece", "jobs/42");
    stage.publish("end", "done", "jobs/42");
    auto& peer = stage.open(log::FromEarliest{}, until({"done"}));
    stage.settle();
    CHECK(read(peer).data == Texts{"one", "end"});
  }
  const auto& peer = stage.peers.back();
  CHECK(peer.saw_end());
  const auto reading = read(peer);
  CHECK(reading.is_done());
  REQUIRE(reading.closings.size() == 1);
  CHECK(reading.closings[0].starts_with(R"({"reason":"done","retry":)"));
  CHECK(stage.hub->counts().closed_for(CloseReason::kDone) == 1);
  CHECK(stage.hub->stream_count() == 0);
}

TEST_CASE("The end of a stream is written so", "[hub][until]") {
  HubStage stage;
  stage.publish("one", "piece", "jobs/42");
  const auto last = wire::to_string(stage.publish("end", "done", "jobs/42"));
  stage.ids = GENERATE(Ids::kAll, Ids::kEvents);
  auto& peer = stage.open(log::FromEarliest{}, until({"done"}));
  stage.settle();
  const std::string& text = peer.received();
  const auto end = text.substr(text.find("id: " + last));
  const auto number =
      end.substr(end.find("retry: ") + 7, end.find("\nevent: sse.") - end.find("retry: ") - 7);
  CHECK(std::stoi(number) <= 2000);
  CHECK(end == "id: " + last + "\nevent: done\ntopic: jobs/42\ndata: end\nid: " + last +
                   "/done\n\nretry: " + number +
                   "\nevent: sse.closing\ndata: {\"reason\":\"done\",\"retry\":" + number +
                   "}\n\n");
}

TEST_CASE("Only an event that passes the filter ends a stream", "[hub][until]") {
  HubStage stage;
  auto& topic = stage.open(log::FromLatest{}, until({"done"}));
  auto& globs = stage.open(log::FromLatest{}, until({"fail*", "d?ne"}, {}, {"jobs/#"}));
  auto& all = stage.open(log::FromLatest{}, until({"done"}, {}, {}));
  auto& pieces = stage.open(log::FromLatest{}, until({"done"}, {"piece"}));
  stage.settle();
  stage.publish("1", "piece", "jobs/42");
  stage.publish("2", "log", "jobs/42");
  stage.publish("3", "done", "jobs");
  stage.publish("4", "done", "jobs/42");
  stage.settle();
  CHECK(read(topic).data == Texts{"1", "2", "4"});
  CHECK(read(globs).data == Texts{"1", "2", "3"});  // jobs/# is jobs, too
  CHECK(read(all).data == Texts{"1", "2", "3"});
  CHECK(read(pieces).data == Texts{"1", "4"});  // or it would never end
  for (const auto& peer : stage.peers) CHECK(read(peer).is_done());
}

TEST_CASE("A stream that resumes behind an end goes on to the next", "[hub][until]") {
  HubStage stage;
  const auto first = publish_job(stage);
  auto& peer = stage.open(log::AfterId{wire::to_string(first)}, until({"done"}));
  stage.settle();
  CHECK(read(peer).data == Texts{"more", "again"});
  CHECK(read(peer).is_done());
}

TEST_CASE("Short writes at every size change no byte of an end", "[hub][until]") {
  HubStage stage;
  publish_job(stage);
  stage.form = GENERATE(http::StreamForm::kUntilClose, http::StreamForm::kChunked);
  for (std::size_t limit = 1; limit < 400; ++limit) {
    CAPTURE(limit);
    auto& peer = stage.peers.emplace_back();
    peer.set_write_limit(limit);
    stage.open_with(peer, log::FromEarliest{}, until({"done"}, {"piece"}));
    for (int i = 0; i < 2000 && !peer.saw_end(); ++i) {
      stage.loop().turn();
      peer.set_room_quietly(test::kUnlimited);
      peer.set_room(test::kUnlimited);
    }
    REQUIRE(peer.saw_end());
    std::string text = "\r\n\r\n";
    if (stage.form == http::StreamForm::kChunked) {
      test::ChunkReader chunks;
      chunks.take(std::string_view(peer.received()).substr(8), text);
      CHECK((chunks.has_ended() || limit < 5));  // the last chunk is tried once
    } else {
      text = peer.received();
    }
    Reading reading;
    reading.read(text);
    CHECK(reading.data == kJob);
    CHECK(reading.is_done());
    CHECK(reading.closings.size() == 1);
  }
  CHECK(stage.hub->counts().closed_for(CloseReason::kDone) == 399);
}

/// How a stream is cut, or ended otherwise, while its peer has room for so many bytes.
enum class Cut { kReset, kEvicted, kShutdown, kSlow, kLogRestart };
constexpr std::array kCuts = {Cut::kReset, Cut::kEvicted, Cut::kShutdown, Cut::kSlow,
                              Cut::kLogRestart};

void cut(HubStage& stage, Peer& peer, Cut how) {
  switch (how) {
    case Cut::kReset:
      peer.reset();
      break;
    case Cut::kEvicted:
      stage.open();
      break;
    case Cut::kShutdown:
      stage.hub->drain(1s, [] {});
      break;
    case Cut::kSlow:
      stage.pass(40s, 500ms);
      break;
    case Cut::kLogRestart:
      stage.event_log->restart({wire::EventId::make({}, test::kEpoch + 1, 0), test::kEpoch + 1});
      stage.loop().request_turn();
      break;
  }
  stage.settle();
}

TEST_CASE("Wherever a stream is cut, its reader has the last event with its end, or neither",
          "[hub][until]") {
  std::size_t dones = 0;
  for (const Cut how : kCuts) {
    for (std::size_t room = 0; room < 700; ++room) {
      CAPTURE(static_cast<int>(how), room);
      HubOptions options;
      options.max_clients = 1;
      HubStage stage(options);
      publish_job(stage);
      auto& peer = stage.peers.emplace_back();
      peer.set_room(room);
      stage.open_with(peer, log::FromEarliest{}, until({"done"}));
      stage.settle();
      const bool was_over = peer.saw_end();
      if (!was_over) {
        if (how == Cut::kEvicted || how == Cut::kLogRestart) peer.set_room_quietly(100'000);
        cut(stage, peer, how);
        if (how == Cut::kShutdown) {
          peer.set_room(100'000);
          stage.settle();
        }
        REQUIRE(peer.saw_end());
      }
      Reading reading = read(peer);
      CHECK(reading.is_done() == (reading.data.size() == kJob.size()));
      CHECK(reading.closings.size() <= 1);
      if (reading.is_done()) ++dones;
      if (reading.is_done() || how == Cut::kShutdown || how == Cut::kLogRestart) continue;
      // It comes back, and has each event once.
      auto& next = stage.open(reading.last_event_id.empty()
                                  ? log::StartRequest(log::FromEarliest{})
                                  : log::StartRequest(log::AfterId{reading.last_event_id}),
                              until({"done"}));
      stage.settle();
      reading.read(next.received());
      CHECK(reading.data == kJob);
      CHECK(reading.is_done());
    }
  }
  CHECK(dones > 500);
}

TEST_CASE("A blocked stream that has only its end left is not left behind by the log",
          "[hub][until]") {
  HubOptions options;
  options.max_lag = 1;
  HubStage stage(options,
                 {.retention = {.max_events = 2}, .max_event_size = 2048, .segment_size = 4096});
  constexpr std::size_t kText = 47;  // `id:`, which ends the block
  std::size_t size = 0;
  for (std::size_t short_by = 0; short_by <= kText; ++short_by) {
    CAPTURE(short_by);
    auto& peer = stage.open(log::FromLatest{}, until({"done"}));
    stage.settle();
    if (size > 0) peer.set_room(size - short_by);
    const auto before = peer.received_bytes();
    stage.publish("end", "done", "jobs/42");
    stage.settle();
    if (size == 0) size = peer.received().find("/done\n\n") + 7 - before;
    const bool is_left = !peer.saw_end();
    for (int i = 0; i < 10; ++i) stage.publish(std::string(1000, 'x'), "piece", "jobs/42");
    stage.pass(2s, 20ms);
    CHECK(peer.saw_end() == !is_left);
    peer.set_room(100'000);
    stage.settle();
    CHECK(peer.saw_end());
    CHECK(read(peer).is_done());
    CHECK(read(peer).data == Texts{"end"});
  }
  CHECK(stage.hub->counts().closed_for(CloseReason::kDone) == kText + 1);
}

TEST_CASE("Asking for the end of a stream is paid for", "[hub][until]") {
  HubStage stage;
  for (int i = 0; i < 2000; ++i) stage.publish("x", std::string(180, 'a'), "jobs/42");
  Texts costly;
  for (int i = 0; i < 50; ++i) costly.push_back("*b*c" + std::to_string(i) + std::string(40, 'a'));
  auto& peer = stage.open(log::FromEarliest{}, until(costly));
  stage.loop().turn();
  stage.loop().turn();
  CHECK(HubStage::events_of(peer.received()).size() < 500);
  stage.settle();
  CHECK(HubStage::events_of(peer.received()).size() == 2000);
}

TEST_CASE("A conflated stream ends once, wherever it was stopped, also when its end is superseded",
          "[hub][until][each][paced]") {
  const bool is_paced = GENERATE(false, true);
  const bool is_each = !is_paced || GENERATE(false, true);
  for (std::size_t room = 0; room < 420; ++room) {
    CAPTURE(is_paced, is_each, room);
    HubStage stage;
    if (is_paced) stage.every = 500ms;
    stage.publish("old", "piece", "jobs/42");
    stage.publish("one", "piece", "jobs/42");
    stage.publish("other", "done", "jobs/41");
    stage.publish("end", "done", "jobs/42");
    auto& peer = stage.peers.emplace_back();
    peer.set_room(room);
    const log::StartRequest start =
        is_each ? log::StartRequest(log::NewestOfEach{}) : log::StartRequest(log::FromEarliest{});
    stage.open_with(peer, start, until({"done"}));
    stage.settle();
    stage.pass(600ms, 50ms);
    const auto before = read(peer);
    CHECK(before.is_done() == (before.data == Texts{"one", "end"}));
    // Another run of the job.
    stage.publish("two", "piece", "jobs/42");
    stage.publish("end again", "done", "jobs/42");
    stage.pass(600ms, 50ms);
    peer.set_room(100'000);
    stage.pass(1200ms, 50ms);
    const auto reading = read(peer);
    CHECK(peer.saw_end());
    CHECK(reading.is_done());
    CHECK(reading.closings.size() == 1);
    REQUIRE(!reading.data.empty());
    CHECK(reading.data.back().starts_with("end"));
    CHECK(std::ranges::count_if(
              reading.data, [](const std::string& text) { return text.starts_with("end"); }) == 1);
    CHECK(stage.hub->counts().closed_for(CloseReason::kDone) == 1);
  }
}

TEST_CASE("An event that ends a paced stream is not held back", "[hub][until][paced]") {
  HubStage stage;
  stage.every = 60s;
  auto& topic = stage.open(log::FromLatest{}, until({"done"}));
  auto& all = stage.open(log::FromLatest{}, until({"done"}, {}, {}));
  stage.settle();
  stage.publish("one", "piece", "jobs/42");
  stage.publish("two", "piece", "jobs/42");
  stage.settle();
  CHECK(read(topic).data.empty());
  stage.publish("end", "done", "jobs/42");
  stage.settle();
  for (auto* peer : {&topic, &all}) {
    CHECK(read(*peer).data == Texts{"two", "end"});
    CHECK(read(*peer).is_done());
  }
}

}  // namespace
}  // namespace sse::hub
