// Streams in chunks: however the network stops them and whatever ends them, what a peer received is
// a well-formed body that says how it ended, or one that is cut.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "support/chunked.h"
#include "support/hub_stage.h"
#include "support/strict_stream.h"

namespace sse::hub {
namespace {

using namespace std::chrono_literals;
using test::HubStage;
using test::Peer;
using test::StrictStream;

std::unique_ptr<const Filter> filter_of(std::vector<std::string> topics) {
  if (topics.empty()) return nullptr;
  auto filter = Filter::make({}, std::move(topics));
  REQUIRE(filter);
  return std::move(filter).value();
}

/// What a peer received behind the stage's short head.
test::ReceivedStream read_body(const Peer& peer, http::StreamForm form) {
  static const std::string kHead = "HEAD\r\n\r\n";
  const std::string& received = peer.received();
  test::ReceivedStream stream;
  if (!std::string_view(received).starts_with(kHead)) {
    stream.fault = std::string_view(kHead).starts_with(received) ? "" : "no head";
    return stream;
  }
  const auto body = std::string_view(received).substr(kHead.size());
  if (form == http::StreamForm::kUntilClose) {
    stream.text = body;
    return stream;
  }
  test::ChunkReader reader;
  reader.take(body, stream.text);
  stream.is_whole = reader.has_ended();
  stream.fault = reader.fault();
  return stream;
}

/// A life with everything that a stream can carry.
struct Life {
  explicit Life(http::StreamForm form, std::vector<std::string> topics = {}) : stage(options()) {
    stage.form = form;
    stage.publish("replayed", "t", "x/y");
    stage.publish("hidden, perhaps", {}, "other");
    stage.publish("two\nlines", {}, "x/y");
    stage.open_with(peer, log::AfterId{"of no log"}, filter_of(std::move(topics)));
  }

  static HubOptions options() {
    HubOptions options;
    options.heartbeat = 1s;
    options.max_clients = 1;
    return options;
  }

  /// `let_through` gives the peer what its network allows.
  template <typename LetThrough>
  void live(LetThrough let_through) {
    let_through();
    for (int i = 0; i < 5; ++i) stage.publish("one of many " + std::to_string(i), {}, "x/y");
    let_through();
    stage.publish("hidden, perhaps", {}, "other");
    let_through();
    stage.pass(2s, 20ms);
    let_through();
    stage.publish("after the heartbeat", "t", "x/y");
    let_through();
  }

  HubStage stage;
  Peer& peer = stage.peers.emplace_back();
};

const std::vector<std::vector<std::string>> kKinds = {{}, {"x/y"}};

std::string text_of_life(const std::vector<std::string>& topics) {
  Life life(http::StreamForm::kUntilClose, topics);
  life.live([&] { life.stage.settle(); });
  return read_body(life.peer, http::StreamForm::kUntilClose).text;
}

TEST_CASE("A stream in chunks has the text that one without them has", "[hub][framing]") {
  for (const auto& topics : kKinds) {
    Life life(http::StreamForm::kChunked, topics);
    life.live([&] { life.stage.settle(); });
    const auto stream = read_body(life.peer, http::StreamForm::kChunked);
    CHECK(stream.fault.empty());
    CHECK(stream.text == text_of_life(topics));
    CHECK(stream.text.find("event: sse.gap\n") != std::string::npos);
    StrictStream strict;
    CHECK(strict.take(stream.text));
    CHECK(strict.fault().empty());
  }
}

TEST_CASE("A socket that blocks after every so many bytes changes no byte of the text",
          "[hub][framing]") {
  for (const auto& topics : kKinds) {
    const auto expected = text_of_life(topics);
    for (std::size_t room = 1; room < 130; ++room) {
      CAPTURE(topics, room);
      Life life(http::StreamForm::kChunked, topics);
      life.live([&] {
        for (std::size_t before = 1, after = 0; before != after;) {
          before = life.peer.received_bytes();
          life.peer.set_room(room);
          life.stage.settle();
          after = life.peer.received_bytes();
        }
      });
      const auto stream = read_body(life.peer, http::StreamForm::kChunked);
      REQUIRE(stream.fault.empty());
      REQUIRE(stream.text == expected);
    }
  }
}

/// How a stream is ended while its peer has room for so many bytes.
enum class End { kEvicted, kShutdown, kSlow, kReset };

const std::vector<End> kEnds = {End::kEvicted, End::kShutdown, End::kSlow, End::kReset};

void end(HubStage& stage, End how) {
  switch (how) {
    case End::kEvicted:
      stage.open();
      break;
    case End::kShutdown:
      stage.hub->drain(1s, [] {});
      break;
    case End::kSlow:
      stage.pass(40s, 500ms);
      break;
    case End::kReset:
      stage.event_log->restart({wire::EventId::make({}, test::kEpoch + 1, 0), test::kEpoch + 1});
      stage.loop().request_turn();
      break;
  }
}

/// What was received is well formed, and says that it ended or is cut.
void check_end(const Peer& peer, std::string_view expected) {
  const auto stream = read_body(peer, http::StreamForm::kChunked);
  REQUIRE(stream.fault.empty());
  const auto closing = stream.text.find("event: sse.closing\n");
  if (!stream.is_whole) {
    // Cut: the beginning of what the stream was to have, and perhaps of what was said last.
    const auto sent =
        closing == std::string::npos ? stream.text.size() : stream.text.rfind("retry:");
    REQUIRE(expected.substr(0, std::min(sent, expected.size())) ==
            stream.text.substr(0, std::min(sent, expected.size())));
    return;
  }
  REQUIRE(closing != std::string::npos);
  StrictStream strict;
  REQUIRE(strict.take(stream.text));
  REQUIRE(strict.is_between_blocks());
  // Every event of it is whole, and behind the closing block stands a comment at most.
  const auto end_of_closing = stream.text.find("\n\n", closing) + 2;
  const auto rest = std::string_view(stream.text).substr(end_of_closing);
  REQUIRE((rest.empty() || (rest.size() >= 2 && rest.front() == ':' && rest.back() == '\n')));
  REQUIRE(std::count(rest.begin(), rest.end(), '\n') <= 1);
}

TEST_CASE("Whatever ends a stream, at any byte: it says that it ended, or is cut",
          "[hub][framing]") {
  for (const auto& topics : kKinds) {
    const auto expected = text_of_life(topics);
    std::size_t whole = 0;
    for (const End how : kEnds) {
      // More than the text: framing and the closing block, too.
      for (std::size_t at = 0; at < expected.size() + 300; ++at) {
        CAPTURE(topics, static_cast<int>(how), at);
        Life life(http::StreamForm::kChunked, topics);
        life.live([&] {
          life.peer.set_room(at - std::min(at, life.peer.received_bytes()));
          life.stage.settle();
        });
        const bool is_blocked = life.peer.received_bytes() == at;
        // What the peer takes from now on is enough for what is said last.
        if (how == End::kEvicted || how == End::kReset) {
          life.peer.set_room_quietly(100'000);
        }
        end(life.stage, how);
        life.stage.settle();
        if (how == End::kShutdown) {
          life.peer.set_room(100'000);
          life.stage.settle();
        }
        if (how == End::kSlow && !is_blocked) continue;
        REQUIRE(life.peer.saw_end());
        check_end(life.peer, expected);
        whole += read_body(life.peer, http::StreamForm::kChunked).is_whole ? 1U : 0U;
      }
    }
    CHECK(whole > expected.size());
  }
}

TEST_CASE("A goodbye that the socket takes in part is cut, at any byte", "[hub][framing]") {
  std::size_t whole = 0;
  for (std::size_t room = 0; room < 150; ++room) {
    CAPTURE(room);
    Life life(http::StreamForm::kChunked);
    life.live([&] { life.stage.settle(); });
    const auto expected = read_body(life.peer, http::StreamForm::kChunked).text;
    life.peer.set_room(room);
    end(life.stage, End::kEvicted);
    life.stage.settle();
    REQUIRE(life.peer.saw_end());
    check_end(life.peer, expected);
    whole += read_body(life.peer, http::StreamForm::kChunked).is_whole ? 1U : 0U;
  }
  CHECK(whole > 10);
  CHECK(whole < 100);
}

/// Two events in one chunk, the peer stopped behind the first of them: `promised` bytes of the
/// second are owed.
TEST_CASE("A chunk that is owed any number of bytes is filled before the last chunk",
          "[hub][framing]") {
  for (std::size_t size = 1; size < 200; ++size) {
    CAPTURE(size);
    HubOptions options;
    options.max_clients = 1;
    HubStage stage(options);
    stage.form = http::StreamForm::kChunked;
    auto& peer = stage.open();
    stage.settle();
    peer.take();
    const auto first = stage.publish("first");
    const auto second = stage.publish(std::string(size, 'x'));
    const auto view = stage.event_log->view();
    const auto before = view.event(first.sequence()).block.size();
    const auto owed = view.event(second.sequence()).block.size();
    const std::string header = [&] {
      char text[20];
      std::snprintf(text, sizeof text, "%zx\r\n", before + owed);
      return std::string(text);
    }();
    peer.set_room(header.size() + before);
    stage.settle();
    REQUIRE(peer.received().size() == header.size() + before);
    peer.set_room_quietly(10'000);
    stage.open();
    stage.settle();
    REQUIRE(peer.saw_end());
    std::string text;
    test::ChunkReader reader;
    REQUIRE(reader.take(peer.received(), text));
    REQUIRE(reader.has_ended());
    StrictStream strict;
    REQUIRE(strict.take(text));
    REQUIRE(strict.events() == 1);
    REQUIRE(text.find("event: sse.closing\n") != std::string::npos);
    const auto closing = text.size() - before;
    REQUIRE(reader.chunks() == (closing > owed ? 2 : 1));
  }
}

TEST_CASE("A stream that the log leaves behind inside a chunk is cut, or told at a boundary",
          "[hub][framing]") {
  log::EventLog::Options log_options;
  log_options.retention.max_bytes = 1U << 20U;
  std::size_t whole = 0;
  std::size_t cut = 0;
  for (std::size_t room = 1; room < 330; ++room) {
    CAPTURE(room);
    HubStage stage({}, log_options);
    stage.form = http::StreamForm::kChunked;
    auto& peer = stage.open();
    stage.settle();
    const auto begin = peer.received_bytes();
    for (int i = 0; i < 3; ++i) stage.publish(std::to_string(i) + std::string(50, 'x'));
    peer.set_room(room);
    stage.settle();
    if (peer.received_bytes() - begin < room) continue;
    for (int i = 0; i < 30; ++i) stage.publish(std::string(100'000, 'x'));
    peer.set_room_quietly(100'000);
    stage.pass(2s, 20ms);
    REQUIRE(peer.saw_end());
    const auto stream = read_body(peer, http::StreamForm::kChunked);
    REQUIRE(stream.fault.empty());
    StrictStream strict;
    REQUIRE(strict.take(stream.text));
    if (stream.is_whole) {
      REQUIRE(strict.is_between_blocks());
      REQUIRE(stream.text.find("{\"reason\":\"slow\"") != std::string::npos);
      ++whole;
    } else {
      REQUIRE(stream.text.find("sse.closing") == std::string::npos);
      ++cut;
    }
  }
  CHECK(whole > 0);
  CHECK(cut > 0);
}

TEST_CASE("Streams at one place are given the same bytes, and one that is behind its own",
          "[hub][framing]") {
  HubStage stage;
  stage.form = http::StreamForm::kChunked;
  std::vector<Peer*> peers;
  for (int i = 0; i < 50; ++i) peers.push_back(&stage.open());
  auto& filtered = stage.open(log::FromLatest{}, filter_of({"x/y"}));
  stage.settle();
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    if (i % 7 == 3) peers[static_cast<std::size_t>(i)]->set_room(100);
    expected.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i) * 300, 'x'));
    stage.publish(expected.back(), {}, i % 2 == 0 ? "x/y" : "other");
    if (i % 3 == 0) stage.settle();
  }
  for (auto* peer : peers) peer->set_room(test::kUnlimited);
  stage.settle();
  for (auto* peer : peers) {
    const auto stream = read_body(*peer, stage.form);
    REQUIRE(stream.fault.empty());
    REQUIRE(HubStage::events_of(stream.text) == expected);
  }
  const auto stream = read_body(filtered, stage.form);
  REQUIRE(stream.fault.empty());
  CHECK(HubStage::events_of(stream.text).size() == 20);
}

TEST_CASE("A run at the place in memory of one that is gone is framed for itself",
          "[hub][framing]") {
  HubOptions options;
  options.heartbeat = 0s;
  log::EventLog::Options log_options;
  log_options.retention.ttl = 1s;
  HubStage stage(options, log_options);
  stage.form = http::StreamForm::kChunked;
  auto& peer = stage.open();
  stage.settle();
  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) {
    expected.push_back(std::string(2'000, static_cast<char>('a' + i)));
    stage.publish(expected.back());
    stage.settle();
    stage.pass(3s, 100ms);  // the log has nothing, and gives its memory back
  }
  const auto stream = read_body(peer, stage.form);
  REQUIRE(stream.fault.empty());
  CHECK(HubStage::events_of(stream.text) == expected);
}

TEST_CASE("With ids of events only, no block holds an id alone", "[hub][ids]") {
  for (const auto& topics : kKinds) {
    HubOptions options;
    options.heartbeat = 1s;
    HubStage stage(options);
    stage.ids = Ids::kEvents;
    stage.publish("1", {}, "x/y");
    auto& replayed = stage.open(log::FromEarliest{}, filter_of(topics));
    auto& live = stage.open(log::FromLatest{}, filter_of(topics));
    stage.settle();
    stage.publish("2", {}, "x/y");
    stage.publish("hidden, perhaps", {}, "other");
    stage.settle();
    stage.pass(3s, 20ms);
    stage.publish("3", {}, "x/y");
    stage.settle();
    for (const auto* peer : {&replayed, &live}) {
      const std::string& text = peer->received();
      CHECK(text.find("\n:\n") != std::string::npos);  // a heartbeat
      std::size_t blocks = 0;
      for (auto at = text.find("\n\n"); at != std::string::npos; at = text.find("\n\n", at + 2)) {
        ++blocks;
      }
      CHECK(blocks == HubStage::events_of(text).size());
    }
    CHECK(HubStage::events_of(replayed.received()).size() == (topics.empty() ? 4 : 3));
    CHECK(HubStage::events_of(live.received()).size() == (topics.empty() ? 3 : 2));
  }
}

}  // namespace
}  // namespace sse::hub
