// How far a load has come, and what the next run makes of it.

#include "sse-pub/journal.h"
#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"

namespace sse::pub {
namespace {

struct Stage {
  test::TemporaryDirectory directory;
  test::ManualClock clock;
  test::FixedRandom random;

  std::string path() const { return directory.file("place"); }

  Result<Journal> open(InDoubt in_doubt = InDoubt::kFail, const std::string& hub = "hub",
                       const std::string& input = "ndjson auto") {
    return Journal::open(path(), hub, input, in_doubt, clock, random);
  }
};

Batch batch(const std::string& raw) {
  Batch made;
  made.kind = Item::Kind::kEvent;
  made.raw = raw;
  made.body = raw;
  made.items.push_back({1, 0, raw.size()});
  return made;
}

Tally tally_of(std::uint64_t bytes) {
  Tally tally;
  tally.bytes = bytes;
  tally.published = 1;
  return tally;
}

TEST_CASE("A checkpoint reads back as it was written", "[pub][checkpoint]") {
  Checkpoint checkpoint;
  checkpoint.hub = "http://h:1/x y";
  checkpoint.input = "csv a b,c,d";
  checkpoint.load = "018f4c2e-0123-7456-89ab-cdef01234567";
  checkpoint.done.pass("abc");
  checkpoint.tally = {3, 2, 1, 0};
  checkpoint.rejects_size = 7;
  checkpoint.batch = 12;
  checkpoint.window = std::chrono::seconds(600);
  CHECK(*parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint);
  checkpoint.sent =
      Checkpoint::Sent{checkpoint.done, WallTime(std::chrono::seconds(1'700'000'000))};
  checkpoint.sent->end.pass("def");
  const std::string text = format_checkpoint(checkpoint);
  CHECK(*parse_checkpoint(text) == checkpoint);
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_checkpoint(text.substr(0, size)));
  }
  std::string flipped = text;
  flipped[text.find("done") + 5] ^= 1;
  CHECK_FALSE(parse_checkpoint(flipped));
  CHECK_THAT(parse_checkpoint("version 2\n").error().text, Catch::Contains("another version"));
}

TEST_CASE("A batch that was settled is behind the next run", "[pub][checkpoint]") {
  Stage stage;
  std::string first_key;
  {
    auto journal = stage.open();
    REQUIRE(journal);
    first_key = journal->admit(batch("a\n"), nullptr)->key;
    journal->settle(batch("a\n"), tally_of(2), nullptr);
    REQUIRE(journal->finish(nullptr));
  }
  auto journal = stage.open();
  REQUIRE(journal);
  CHECK(journal->done() == 2);
  CHECK(journal->tally() == tally_of(2));
  CHECK_FALSE(journal->sent_end());
  journal->pass("a");
  CHECK_FALSE(journal->check_passed());
  journal->pass("\n");
  CHECK(journal->check_passed());
  CHECK(journal->admit(batch("b\n"), nullptr)->key != first_key);
}

TEST_CASE("A batch that was sent and not settled keeps its bytes and its key",
          "[pub][checkpoint]") {
  Stage stage;
  std::string key;
  {
    auto journal = stage.open();
    key = journal->admit(batch("a\nb\n"), nullptr)->key;
  }
  stage.clock.advance(std::chrono::minutes(8));
  {
    auto journal = stage.open();
    REQUIRE(journal->sent_end() == 4U);
    CHECK(journal->admit(batch("a\nc\n"), nullptr).error().code == ErrorCode::kInvalid);
    const auto admitted = journal->admit(batch("a\nb\n"), nullptr);
    CHECK(admitted->key == key);
    CHECK(admitted->sent_since == stage.clock.now().boot - std::chrono::minutes(8));
  }
  auto again = stage.open();  // however often
  CHECK(again->admit(batch("a\nb\n"), nullptr)->key == key);
}

TEST_CASE("When the hub has forgotten the key, the user has to decide", "[pub][checkpoint]") {
  Stage stage;
  std::string key;
  {
    auto journal = stage.open();
    key = journal->admit(batch("a\n"), nullptr)->key;
  }
  stage.clock.advance(std::chrono::minutes(10));
  {
    auto journal = stage.open();
    const auto refused = journal->admit(batch("a\n"), nullptr);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::kConflict);
    CHECK_THAT(refused.error().text, Catch::Contains("--in-doubt repeat"));
  }
  {
    auto journal = stage.open(InDoubt::kSkip);
    CHECK(journal->admit(batch("a\n"), nullptr)->is_published);
  }
  {
    auto journal = stage.open(InDoubt::kRepeat);
    const auto repeated = journal->admit(batch("a\n"), nullptr);
    REQUIRE(repeated);
    CHECK_FALSE(repeated->is_published);
    CHECK(repeated->key != key);
    key = repeated->key;
  }
  // The repeated one is as good as any: no doubt about it for ten minutes.
  auto journal = stage.open();
  CHECK(journal->admit(batch("a\n"), nullptr)->key == key);
}

TEST_CASE("A hub that says how long it keeps keys is believed", "[pub][checkpoint]") {
  using std::chrono::hours;
  Stage stage;
  {
    auto journal = stage.open();
    journal->keep_window(hours(24));
    journal->keep_window(std::nullopt);
    CHECK_FALSE(journal->admit(batch("a\n"), nullptr)->sent_since);
  }
  stage.clock.advance(hours(24));
  CHECK(stage.open()->admit(batch("a\n"), nullptr)->sent_since);  // the hub has the word
  stage.clock.advance(std::chrono::seconds(1));
  CHECK_FALSE(stage.open()->admit(batch("a\n"), nullptr));
}

TEST_CASE("A clock that was set back tells no age", "[pub][checkpoint]") {
  Stage stage;
  CHECK(stage.open()->admit(batch("a\n"), nullptr));
  stage.clock.jump_wall(-std::chrono::hours(1));
  CHECK(stage.open()->admit(batch("a\n"), nullptr).error().code == ErrorCode::kConflict);
}

TEST_CASE("What the hub has forgotten is decided, whenever it says so", "[pub][checkpoint]") {
  Stage stage;
  std::string key;
  {
    auto journal = stage.open();
    key = journal->admit(batch("a\n"), nullptr)->key;
    CHECK(journal->decide().error().code == ErrorCode::kConflict);
  }
  auto journal = stage.open(InDoubt::kRepeat);
  REQUIRE(journal->admit(batch("a\n"), nullptr)->sent_since);
  const auto repeated = journal->decide();
  REQUIRE(repeated);
  CHECK(repeated->key != key);
  CHECK_FALSE(repeated->sent_since);
}

TEST_CASE("A checkpoint knows its hub, its input and its owner", "[pub][checkpoint]") {
  Stage stage;
  {
    auto journal = stage.open();
    REQUIRE(journal);
    CHECK(stage.open().error().code == ErrorCode::kUnavailable);
  }
  CHECK(stage.open(InDoubt::kFail, "other").error().code == ErrorCode::kConflict);
  CHECK(stage.open(InDoubt::kFail, "hub", "sse").error().code == ErrorCode::kConflict);
  CHECK(stage.open());
}

TEST_CASE("Only whole records count as done", "[pub][checkpoint]") {
  Stage stage;
  {
    auto journal = stage.open();
    Batch piece = batch("long");
    piece.items.clear();
    piece.ends_record = false;
    journal->settle(piece, tally_of(4), nullptr);
    REQUIRE(journal->finish(nullptr));
  }
  {
    auto journal = stage.open();
    CHECK(journal->done() == 0);
    Batch piece = batch("long");
    piece.items.clear();
    piece.ends_record = false;
    journal->settle(piece, tally_of(4), nullptr);
    piece.raw = "er\n";
    piece.ends_record = true;
    journal->settle(piece, tally_of(7), nullptr);
    REQUIRE(journal->finish(nullptr));
  }
  CHECK(stage.open()->done() == 7);
}

TEST_CASE("Without a checkpoint nothing is kept", "[pub][checkpoint]") {
  Journal journal;
  CHECK(journal.admit(batch("a\n"), nullptr)->key.empty());
  journal.settle(batch("a\n"), tally_of(2), nullptr);
  CHECK(journal.finish(nullptr));
  CHECK(journal.check_passed());
}

TEST_CASE("A file of rejects is cut back to what the checkpoint knows of", "[pub][rejects]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory.file("bad");
  test::write_text(path, "one\ntwo\nhal");
  {
    auto rejects = RejectsFile::open(path, 8);
    REQUIRE(rejects);
    CHECK(rejects->write("three", true));
    CHECK(rejects->sync());
    CHECK(rejects->size() == 14);
  }
  CHECK(test::read_text(path) == "one\ntwo\nthree\n");
  CHECK(RejectsFile::open(path, 15).error().code == ErrorCode::kConflict);
  CHECK(RejectsFile::open("/dev/null", 15));
  CHECK(RejectsFile::open(directory.file("no/such"), 0).error().code == ErrorCode::kIo);
}

}  // namespace
}  // namespace sse::pub
