// What happens to streams, and to their events, when very many credentials end.

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include "server/access_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;

std::string name_of(int round, std::size_t reader) {
  return "r" + std::to_string(round) + "-" + std::to_string(reader);
}

/// A token that ends so many seconds after the start of the clock.
std::string ending_row(const std::string& id, int second) {
  const auto two_digits = [](int value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return row(id, "subscribe = [\"ci/#\"]\nexpires = 2027-01-15T08:" + two_digits(second / 60) +
                     ":" + two_digits(second % 60) + "Z");
}

/// The most streams that were told so in one turn, until there is none left to tell.
std::size_t most_expired_per_turn(Stage& stage) {
  const auto ended = [&] {
    return static_cast<std::size_t>(std::count_if(stage.hub.peers.begin(), stage.hub.peers.end(),
                                                  [](const Peer& peer) { return peer.saw_end(); }));
  };
  std::size_t most = 0;
  for (int quiet = 0; quiet < 100;) {
    const auto before = ended();
    stage.hub.clock.advance(20ms);
    stage.hub.loop().turn();
    most = std::max(most, ended() - before);
    quiet = ended() == before ? quiet + 1 : 0;
  }
  return most;
}

TEST_CASE("Tokens that end in one second end their streams some at a time, each as expired",
          "[access][expiry]") {
  constexpr std::size_t kStreams = 10'000;
  constexpr std::size_t kMostPerTurn = 120;  // as for every other reason to close many
  std::string tokens;
  for (std::size_t i = 0; i < kStreams; ++i) tokens += ending_row(name_of(0, i), 30);
  Stage stage(tokens);
  for (std::size_t i = 0; i < kStreams; ++i) stage.send("GET /events/watch", name_of(0, i));
  REQUIRE(stage.hub.hub.stream_count() == kStreams);
  stage.hub.clock.advance(31s);
  CHECK(most_expired_per_turn(stage) <= kMostPerTurn);
  CHECK(stage.hub.hub.stream_count() == 0);
  CHECK(stage.hub.hub.counts().closed_for(hub::CloseReason::kExpired) == kStreams);
  CHECK(std::all_of(stage.hub.peers.begin(), stage.hub.peers.end(),
                    [](const Peer& peer) { return was_told(peer, "expired"); }));
}

TEST_CASE("Streams are reviewed some at a time, each by the newest review", "[access][expiry]") {
  constexpr std::size_t kStreams = 1'000;
  constexpr std::size_t kMostPerTurn = 300;
  Stage stage;
  for (std::size_t i = 0; i < kStreams; ++i) stage.send("GET /events/watch", "ci");
  std::size_t old_reviews = 0;
  std::size_t new_reviews = 0;
  const auto turn = [&](std::size_t& reviews) {
    const auto before = reviews;
    stage.hub.loop().turn();
    CHECK(reviews - before <= kMostPerTurn);
    return reviews - before;
  };
  stage.hub.hub.review_streams([&](const Identity& /*identity*/) {
    ++old_reviews;
    return hub::StreamStanding();
  });
  CHECK(turn(old_reviews) > 0);
  // Those that were reviewed already are reviewed once more.
  stage.hub.hub.review_streams([&](const Identity& /*identity*/) {
    ++new_reviews;
    return hub::StreamStanding();
  });
  while (turn(new_reviews) > 0) {
  }
  CHECK(old_reviews <= kMostPerTurn);
  CHECK(old_reviews + new_reviews == 2 * kStreams);
  // And none that is over is reviewed again.
  stage.hub.settle();
  CHECK(old_reviews + new_reviews == 2 * kStreams);
}

/// A reader that comes back with another token each time, behind the last event that it has.
struct Reader {
  void open(Stage& stage, const std::string& token) {
    peer = &stage.send("GET /events/watch", token, "",
                       last_id.empty() ? "" : "Last-Event-ID: " + last_id + "\r\n");
  }
  /// What has come since open(): the data of events, and the last id of anything.
  void collect() {
    std::istringstream lines(test::read_stream(peer->received()).text);
    bool is_ours = true;
    for (std::string line; std::getline(lines, line);) {
      if (line.empty()) is_ours = true;
      if (line.starts_with("event: sse.")) is_ours = false;
      if (line.starts_with("id: ")) last_id = line.substr(4);
      if (line.starts_with("data: ") && is_ours) seen.push_back(line.substr(6));
    }
  }

  Peer* peer = nullptr;
  std::string last_id = {};
  std::vector<std::string> seen = {};
};

TEST_CASE("Fifty readers whose tokens end again and again miss no event and see none twice",
          "[access][expiry]") {
  constexpr std::size_t kReaders = 50;
  constexpr int kRounds = 5;
  constexpr int kRoundSeconds = 15;
  std::string tokens = row("last", "subscribe = [\"ci/#\"]");
  for (int round = 0; round < kRounds; ++round) {
    // Not all in the same second.
    for (std::size_t i = 0; i < kReaders; ++i)
      tokens += ending_row(name_of(round, i), kRoundSeconds * round + 10 + static_cast<int>(i % 5));
  }
  Stage stage(tokens);
  std::vector<Reader> readers(kReaders);
  std::vector<std::string> granted;
  int published = 0;
  const auto publish = [&](int count) {
    for (const int end = published + count; published < end; ++published) {
      const bool is_granted = published % 7 != 0;
      if (is_granted) granted.push_back(std::to_string(published));
      stage.publish(is_granted ? "ci/web" : "other", std::to_string(published));
    }
  };
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kReaders; ++i) readers[i].open(stage, name_of(round, i));
    for (int second = 0; second < kRoundSeconds; ++second) {
      publish(3);  // also to those that are gone already
      stage.hub.pass(1s);
    }
    for (auto& reader : readers) {
      REQUIRE(was_told(*reader.peer, "expired"));
      reader.collect();
    }
  }
  for (auto& reader : readers) reader.open(stage, "last");
  publish(3);
  for (auto& reader : readers) {
    reader.collect();
    CHECK(reader.seen == granted);
  }
}

}  // namespace
}  // namespace sse::server
