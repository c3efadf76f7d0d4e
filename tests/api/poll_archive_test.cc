// Polls of history that is not in memory.

#include <string>
#include <vector>

#include "api/poll_stage.h"
#include "support/archive_stage.h"

namespace sse::api {
namespace {

using test::ArchiveStage;
using test::until;
using Numbers = std::vector<std::size_t>;

struct Stage : PollStage {
  Stage() : PollStage(test::small_memory(), test::make_archiving_journal) {}

  test::KeepingJournal& disk() { return static_cast<test::KeepingJournal&>(*journal); }

  /// As ArchiveStage's.
  void publish_many(std::size_t count) {
    for (; count > 0; --count) {
      clock.advance(std::chrono::milliseconds(1));
      const std::size_t number = published.size() + 1;
      published.push_back(publish(test::text_of(number), number % 2 == 0 ? "a" : "b",
                                  "t/" + std::to_string(number % 5)));
    }
  }

  static bool is_whole(const test::Peer& peer) {
    return peer.received().find("\r\n0\r\n\r\n") != std::string::npos ||
           peer.received().find("\"gap\":null}") != std::string::npos;
  }
  nlohmann::json ask(const std::string& query) {
    test::Peer& peer = connect();
    peer.send(get(query));
    until(*this, [&] { return is_whole(peer); });
    return answer_of(peer);
  }
  static Numbers numbers_of(const nlohmann::json& answer) {
    Numbers numbers;
    for (const auto& text : data_of(answer)) numbers.push_back(std::stoul(text));
    return numbers;
  }
  /// Asks again and again, each time after the cursor of the answer before, until nothing new
  /// comes.
  Numbers ask_all(std::string query, const std::string& more) {
    Numbers all;
    while (true) {
      const auto answer = ask(query + more);
      CHECK(answer.at("gap").is_null());
      const auto some = numbers_of(answer);
      if (some.empty()) return all;
      all.insert(all.end(), some.begin(), some.end());
      query = "after=" + answer.at("cursor").get<std::string>();
    }
  }

  std::vector<wire::EventId> published;
};

TEST_CASE("Polls read the history that is not in memory, each event once", "[api][poll][archive]") {
  Stage stage;
  stage.publish_many(1000);
  REQUIRE(stage.event_log->view().first_held() > 500);
  CHECK(stage.ask_all("since=earliest", "") == ArchiveStage::numbers(1, 1000));
  CHECK(stage.ask_all("since=earliest", "&limit=77") == ArchiveStage::numbers(1, 1000));
  CHECK(stage.ask_all("since=earliest", "&topic=t/0") == ArchiveStage::numbers(1, 1000, 5));
  CHECK(stage.ask_all("since=earliest", "&type=a&limit=30") == ArchiveStage::numbers(1, 1000, 2));
  CHECK(stage.ask_all("since=-900", "&topic=t/%2B") == ArchiveStage::numbers(101, 1000));
  const auto none = stage.ask("since=earliest&topic=none/%2B");
  CHECK(none.at("events").empty());
  CHECK(none.at("cursor") == id_text(stage.published.back()));
}

TEST_CASE("A poll since a time begins with the first event of that time, in every part",
          "[api][poll][archive]") {
  Stage stage;
  stage.publish_many(600);
  for (const std::size_t from : Numbers{1, 2, 50, 51, 52, 77, 101, 350}) {
    CAPTURE(from);
    const auto ms = stage.published[from - 1].unix_time().count();
    std::string time = std::to_string(ms);
    time.insert(time.size() - 3, ".");
    const auto answer = stage.ask("limit=2&since=@" + time);
    CHECK(Stage::numbers_of(answer) == Numbers{from, from + 1});
  }
}

TEST_CASE("A poll of the newest of each reads only the parts that have one",
          "[api][poll][archive]") {
  Stage stage;
  stage.published.push_back(stage.publish("0", "rare", "x"));
  stage.publish_many(999);
  const auto answer = stage.ask("since=each");
  auto expected = ArchiveStage::numbers(991, 1000);
  expected.insert(expected.begin(), 0);
  CHECK(Stage::numbers_of(answer) == expected);
  CHECK(stage.disk().reads().size() == 1);
}

TEST_CASE("A poll that may wait answers from the disk first", "[api][poll][archive]") {
  Stage stage;
  stage.publish_many(600);
  stage.disk().hold();
  test::Peer& peer = stage.connect();
  peer.send(get("since=earliest&topic=t/0&limit=3&wait=10s"));
  until(stage, [&] { return stage.disk().held() == 1; });
  test::Peer& other = stage.connect();
  other.send(get("since=-1"));
  stage.settle();
  CHECK(Stage::numbers_of(Stage::answer_of(other)) == Numbers{600});
  CHECK_FALSE(Stage::is_whole(peer));
  stage.disk().let_go();
  until(stage, [&] { return Stage::is_whole(peer); });
  CHECK(Stage::numbers_of(Stage::answer_of(peer)) == Numbers{5, 10, 15});
}

TEST_CASE("A wait that memory leaves behind goes on from the disk", "[api][poll][archive]") {
  Stage stage;
  stage.publish_many(10);
  test::Peer& peer = stage.connect();
  peer.send(get("after=" + id_text(stage.published.back()) + "&type=wanted&wait=10s"));
  stage.settle();
  CHECK(stage.hub->waiting() == 1);
  stage.published.push_back(stage.publish("11", "wanted", "t/1"));
  stage.publish_many(800);  // before its loop turns
  REQUIRE(stage.event_log->view().first_held() > 11);
  until(stage, [&] { return Stage::is_whole(peer); });
  CHECK(Stage::numbers_of(Stage::answer_of(peer)) == Numbers{11});
}

TEST_CASE("A peer that leaves while its poll waits for the disk takes nothing along",
          "[api][poll][archive]") {
  Stage stage;
  stage.publish_many(600);
  stage.disk().hold();
  test::Peer& peer = stage.connect();
  peer.send(get("since=earliest"));
  until(stage, [&] { return stage.disk().held() == 1; });
  peer.reset();
  stage.settle();
  CHECK(stage.state->open.all() == 0);
  stage.disk().let_go();
  CHECK(Stage::numbers_of(stage.ask("since=earliest&limit=1")) == Numbers{1});
}

TEST_CASE("A poll whose history is deleted while it waits tells the gap, exactly",
          "[api][poll][archive]") {
  Stage stage;
  stage.publish_many(600);
  stage.disk().hold();
  test::Peer& peer = stage.connect();
  peer.send(get("limit=2&after=" + id_text(stage.published[19])));
  until(stage, [&] { return stage.disk().held() == 1; });
  stage.disk().drop_before(101);
  stage.disk().let_go();
  until(stage, [&] { return peer.received().find("\"cursor\"") != std::string::npos; });
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::numbers_of(answer) == Numbers{101, 102});
  CHECK(answer.at("gap").at("missed") == 80);
}

TEST_CASE("A poll that waits for the disk when the hub drains is not told that nothing is there",
          "[api][poll][archive]") {
  Stage stage;
  stage.publish_many(600);
  stage.disk().hold();
  test::Peer& peer = stage.connect();
  peer.send(get("since=earliest"));
  until(stage, [&] { return stage.disk().held() == 1; });
  stage.hub->refuse_all(std::chrono::seconds(0));
  until(stage, [&] { return peer.saw_end(); });
  CHECK(peer.received().find("\r\n0\r\n\r\n") == std::string::npos);  // it is cut
  CHECK(peer.received().find("events") == std::string::npos);
}

TEST_CASE("A poll of the last N whose history is deleted while it waits goes on with those N",
          "[api][poll][archive]") {
  Stage stage;
  stage.publish_many(600);
  stage.disk().hold();
  test::Peer& peer = stage.connect();
  peer.send(get("limit=2&since=-580"));
  until(stage, [&] { return stage.disk().held() == 1; });
  stage.publish_many(50);
  stage.disk().drop_before(101);
  stage.disk().let_go();
  until(stage, [&] { return peer.received().find("\"cursor\"") != std::string::npos; });
  const auto answer = Stage::answer_of(peer);
  CHECK(Stage::numbers_of(answer) == Numbers{101, 102});
  CHECK(answer.at("gap").at("missed") == 80);
  CHECK(answer.at("gap").at("requested") == "-580");
}

}  // namespace
}  // namespace sse::api
