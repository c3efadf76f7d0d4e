// The newest event of each (type, topic) pair, of events that are in the journal alone.

#include <random>

#include "sse/log/view.h"

#include "log/archived_log.h"

namespace sse::log {
namespace {

using std::chrono::milliseconds;
using test::ArchivedLog;
using test::LoadedLog;
using Sequences = std::vector<wire::Sequence>;

/// Of all events from `from` on, in the log that lets go of nothing.
Sequences expected_newest(ArchivedLog& log, wire::Sequence from) {
  const View whole = log.whole.view();
  Sequences found;
  for (auto next = whole.next_newest(from, whole.head()); next <= whole.head();
       next = whole.next_newest(next + 1, whole.head())) {
    found.push_back(next);
  }
  return found;
}

/// As a reader finds them, who jumps over what is archived.
Sequences newest(EventLog& log, wire::Sequence from) {
  const View view = log.view();
  Sequences found;
  while (from <= view.head()) {
    if (view.is_archived(from)) {
      from = view.next_archived_newest(from);
      if (from == view.first_held()) continue;
    } else {
      from = view.next_newest(from, view.head());
      if (from > view.head()) break;
    }
    found.push_back(from++);
  }
  return found;
}

TEST_CASE("The newest of each pair are found in all of the history", "[log][history][newest]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    ArchivedLog log(ArchivedLog::in_little_memory(), 1 + below(200));
    const std::size_t topics = seed % 3 == 0 ? 1500 : 40;
    for (int turn = 0; turn < 25; ++turn) {
      for (std::size_t i = below(200); i > 0; --i) {
        // Some are published once, and then not for long.
        log.add("", "t" + std::to_string(below(3)),
                "x" + std::to_string(below(turn < 8 ? 4 * topics : topics)));
      }
      log.clock.advance(milliseconds(below(3)));
      if (below(4) == 0) log.journal.drop_before(1 + below(log.log.head() + 1));
      const View view = log.log.view();
      const Sequences all = expected_newest(log, view.tail());
      REQUIRE(newest(log.log, view.tail()) == all);
      REQUIRE(log.log.usage().pairs >= all.size());  // expired ones stay with their segment
      if (view.head() == 0) continue;
      const wire::Sequence from = view.tail() + below(view.head() + 2 - view.tail());
      REQUIRE(newest(log.log, from) == expected_newest(log, from));
      REQUIRE(view.tells_pairs_from(view.tail()));
      REQUIRE(log.log.usage().bytes <= kMinLogBytes);
    }
    // So they are after a start, wherever memory begins.
    const wire::Sequence tail = log.log.view().tail();
    for (std::size_t part = 0; part < log.journal.parts().size(); part += 1 + below(9)) {
      if (log.journal.parts()[part].sequence() < tail) continue;
      LoadedLog loaded(log, part);
      CAPTURE(part);
      REQUIRE(newest(loaded.log, tail) == expected_newest(log, tail));
      REQUIRE(loaded.log.usage().pairs == expected_newest(log, tail).size());
    }
  }
}

TEST_CASE("A pair that is published again is no longer archived", "[log][history][newest]") {
  ArchivedLog log;
  log.add("", "", "once");
  for (int i = 0; i < 2000; ++i) log.add("", "", "often");
  REQUIRE(log.log.view().is_archived(1));
  CHECK(newest(log.log, 1) == Sequences{1, 2001});
  CHECK(log.log.usage().pairs == 2);
  const View old = log.log.view();
  log.add("", "", "once");
  CHECK(newest(log.log, 1) == Sequences{2001, 2002});
  CHECK(log.log.usage().pairs == 2);
  // The older view tells of none, because there is a newer one after it.
  CHECK(old.next_archived_newest(1) == old.first_held());
}

TEST_CASE("Archived pairs go with the tail, and give their memory back", "[log][history][newest]") {
  ArchivedLog log;
  for (int i = 0; i < 1000; ++i) log.add("", "", "once/" + std::to_string(i));
  for (int i = 0; i < 2000; ++i) log.add("", "", "often");
  REQUIRE(log.log.view().first_held() > 1000);
  CHECK(log.log.usage().pairs == 1001);
  log.journal.drop_before(601);
  CHECK(log.log.usage().pairs == 401);
  const std::size_t before = log.log.usage().bytes;
  log.journal.drop_before(1001);
  CHECK(log.log.usage().pairs == 1);
  CHECK(log.log.usage().bytes < before - 400);
  CHECK(newest(log.log, 1001) == Sequences{3000});
}

TEST_CASE("Past the number of pairs that are told apart, each archived event counts as the newest",
          "[log][history][newest]") {
  auto options = ArchivedLog::in_little_memory();
  options.max_pairs = 300;
  ArchivedLog log(options);
  for (int i = 0; i < 1999; ++i) log.add("", "", "x" + std::to_string(i % 250));
  CHECK(log.log.view().tells_pairs_from(1));
  for (int i = 0; i < 600; ++i) log.add("", "", "y" + std::to_string(i));
  const View view = log.log.view();
  CHECK_FALSE(view.tells_pairs_from(1));
  REQUIRE(view.is_archived(1500));
  CHECK(view.next_archived_newest(1) == 1);
  CHECK(view.next_archived_newest(1500) == 1500);
  CHECK(log.log.usage().pairs <= 300);
  // What is told from there on is right.
  wire::Sequence from = view.head() + 1;
  while (from > 1 && view.tells_pairs_from(from - 1)) --from;
  CHECK(newest(log.log, from) == expected_newest(log, from));
}

TEST_CASE("Pairs of the history take at most a quarter of the memory", "[log][history][newest]") {
  ArchivedLog log;
  for (int i = 0; i < 30'000; ++i) {
    log.add("", "", "x" + std::to_string(i));
    REQUIRE(log.log.usage().bytes <= kMinLogBytes);
  }
  const View view = log.log.view();
  CHECK(view.tail() == 1);
  CHECK_FALSE(view.tells_pairs_from(1));
  CHECK(view.head() - view.first_held() > 100);
  CHECK(newest(log.log, view.first_held()) == expected_newest(log, view.first_held()));
}

}  // namespace
}  // namespace sse::log
