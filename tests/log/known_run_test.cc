#include "sse/log/known_run.h"

#include <algorithm>
#include <string>

#include "sse/log/whole_reader.h"

#include "log/logs.h"

namespace sse::log {
namespace {

using test::ManualLog;

TEST_CASE("Readers at one place are told one run, and stand where each alone would", "[log]") {
  ManualLog log;
  for (int i = 0; i < 40; ++i) log.add(std::string(100, 'x'));
  const View view = log.log.view();
  constexpr std::size_t kMost = 1000;
  KnownRun run(kMost);
  for (const std::size_t taken : {std::size_t{1}, std::size_t{77}, std::size_t{500}, kMost}) {
    CAPTURE(taken);
    WholeReader shared({1, 0});
    WholeReader alone({1, 0});
    run.forget();
    while (alone.cursor().next <= view.head()) {
      const wire::Sequence last = view.head();
      NextWrite write(kMost);
      alone.gather(view, last, write);
      CHECK_FALSE(run.is_at(shared.cursor(), last));
      run.find(view, shared.cursor(), last);
      CHECK(run.is_at(shared.cursor(), last));
      REQUIRE(run.bytes().size() == write.bytes());
      CHECK(run.bytes().data() == write.pieces()[0].iov_base);
      const std::size_t bytes = std::min(taken, write.bytes());
      CHECK(shared.consume(view, run, bytes) == alone.consume(view, bytes));
      CHECK(shared.cursor() == alone.cursor());
    }
  }
}

TEST_CASE("A run that is known ends where it was asked to end, and is forgotten with its view",
          "[log]") {
  ManualLog log;
  for (int i = 0; i < 3; ++i) log.add("x");
  const View view = log.log.view();
  KnownRun run(1000);
  const Cursor start{1, 0};
  CHECK_FALSE(run.is_at(start, 3));
  run.find(view, start, 2);
  CHECK(run.end() == Cursor{3, 0});
  CHECK_FALSE(run.is_at(start, 3));
  CHECK_FALSE(run.is_at({1, 1}, 2));
  run.forget();
  CHECK_FALSE(run.is_at(start, 2));
}

}  // namespace
}  // namespace sse::log
