// Conditions see what is pending. When that is rolled back, nothing that was said hangs on it, and
// the next append is judged by what is kept.

#include <string>
#include <vector>

#include "journal/disk_stage.h"
#include "support/catch.h"

namespace sse::test {
namespace {

using Kind = log::RowChange::Kind;

/// A commit is in its sync, so all that is asked now is one commit, whose write fails.
void gather_what_fails(SlowDisk& slow) {
  slow.hold_with_an_event();
  slow.disk.fail_next_write();
}

void let_it_fail(SlowDisk& slow) {
  slow.life.release_syncs();
  slow.life.wait();
}

/// All of them were told that their own event was not taken: none tells of another one's.
void check_failed(const Life& life, std::size_t count) {
  CHECK(life.failures().size() == count);
  for (const Error& failure : life.failures()) CHECK(failure.code == ErrorCode::kIo);
}

TEST_CASE("No answer tells of a row, or of a deletion, that is rolled back",
          "[journal][roll_back]") {
  SlowDisk slow;
  slow.put(1, "old");
  slow.life.wait();
  gather_what_fails(slow);
  slow.put(2, "cpu");
  slow.put(3, "cpu");  // row 2 has the name
  slow.change(Kind::kErase, 1);
  slow.change(Kind::kAdd, 1);  // there is no row 1 any more
  slow.put(4, "old");          // the name is free
  let_it_fail(slow);
  check_failed(slow.life, 5);
  CHECK(slow.life.appended() == 2);
  CHECK(slow.life.rows().size() == 1);

  slow.put(5, "cpu");
  slow.change(Kind::kAdd, 1);
  slow.put(6, "old");  // row 1 has the name
  slow.life.wait();
  CHECK(slow.life.appended() == 4);
  CHECK(slow.life.rows().size() == 2);
  check_failed(slow.life, 5);
  const NextLife again(slow);
  CHECK(again.life.rows() == slow.life.rows());
}

TEST_CASE("Limits count no row, and no member, that is rolled back", "[journal][roll_back]") {
  auto options = small_options();
  options.rows = {2, 2, 3};
  SlowDisk slow(options);
  slow.put(1, "a");
  for (int i = 0; i < 2; ++i) slow.change(Kind::kAdd, 1);
  slow.life.wait();
  gather_what_fails(slow);
  slow.put(2, "b");
  slow.put(3, "c");            // the table is full
  slow.change(Kind::kAdd, 1);  // its oldest member gives way
  slow.change(Kind::kAdd, 2);
  slow.change(Kind::kAdd, 2);  // a member gives way
  let_it_fail(slow);
  check_failed(slow.life, 5);
  CHECK(slow.life.rows().members() == 2);

  slow.put(4, "d");
  slow.life.wait();
  CHECK(slow.life.rows().size() == 2);
  slow.change(Kind::kAdd, 4);
  slow.life.wait();
  CHECK(slow.life.rows().members() == 3);  // as many as there may be: none has given way
  slow.change(Kind::kAdd, 1);
  slow.life.wait();
  CHECK(slow.life.rows().members() == 3);
  const NextLife again(slow, options);
  CHECK(again.life.rows() == slow.life.rows());
}

TEST_CASE("An answer to a repeat is kept only with its events", "[journal][roll_back][repeats]") {
  auto options = small_options();
  options.repeats.window = std::chrono::minutes(10);
  SlowDisk slow(options);
  const auto ask = [&](const std::string& key) {
    log::Append append(log::EventLimits{1U << 20U, {}});
    append.add({"event", "", key});
    append.keep_repeat([key](const log::Append& known) {
      const auto& id = known.items().front().outcome.id;
      return key + " " + std::to_string(id.sequence());
    });
    slow.life.ask(append, {{}});
  };
  gather_what_fails(slow);
  ask("k");
  let_it_fail(slow);
  check_failed(slow.life, 1);
  slow.event("another");
  slow.life.wait();
  ask("k");
  slow.life.wait();
  CHECK(slow.life.appended() == 3);
  NextLife again(slow, options);
  const auto kept = again.life.journal().take_repeats();
  REQUIRE(kept);
  REQUIRE(kept->texts.size() == 1);
  CHECK(kept->texts.front().second == "k 3");
}

TEST_CASE("A commit that is rolled back and made again gives the answers of what is kept",
          "[journal][roll_back]") {
  SlowDisk slow;
  slow.put(1, "old");
  slow.life.wait();
  slow.life.hold_syncs();
  slow.event("first");
  slow.life.wait_for_sync();
  slow.put(2, "cpu");
  slow.put(3, "cpu");
  slow.change(Kind::kErase, 1);
  slow.change(Kind::kAdd, 1);
  // The sync that is held is the next attempt; then comes the write that finds no room, once.
  slow.disk.fail(slow.disk.attempts() + 1, DiskFault::kNoSpace);
  let_it_fail(slow);
  CHECK(slow.life.failures().empty());
  CHECK(slow.life.refused() == 0);
  CHECK(slow.life.journal().counts()->failed_commits == 1);
  CHECK(slow.life.appended() == 4);  // old, first, cpu and the deletion
  CHECK(slow.life.rows().size() == 1);
  const NextLife again(slow);
  CHECK(again.life.rows() == slow.life.rows());
}

}  // namespace
}  // namespace sse::test
