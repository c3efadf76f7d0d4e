// Answers to requests that may be repeated: there exactly when their events are.

#include <string>
#include <vector>

#include "journal/durable_log.h"
#include "journal/stage.h"
#include "support/catch.h"

namespace sse::journal {
namespace {

using namespace std::chrono_literals;
using test::DurableLog;
using Texts = std::vector<std::string>;

struct Stage : test::Stage {
  DurableLog::Options options(const std::string& name) const {
    auto options = DurableLog::options(root.file(name));
    options.keeper.repeats = {10min, 1U << 20U};
    return options;
  }
};

log::Outcome ask(DurableLog& hub, const std::string& data, std::size_t size = 0) {
  auto append = hub.empty();
  append.add({"", "", data});
  append.keep_repeat([data, size](const log::Append& known) {
    const auto& outcome = known.items().front().outcome;
    return data + " " + std::to_string(outcome.id.sequence()) + std::string(size, 'x');
  });
  return hub.ask(std::move(append)).items().front().outcome;
}

Texts texts_of(const log::KeptRepeats& kept) {
  Texts texts;
  for (const auto& [time, text] : kept.texts) texts.push_back(text);
  return texts;
}

TEST_CASE("An answer is there after a kill, with its time", "[journal][repeats]") {
  Stage stage;
  {
    DurableLog hub(stage.options("data"), stage.clock);
    ask(hub, "a");
    stage.clock.advance(1min);
    ask(hub, "b");
    auto refused = hub.empty();
    refused.add({"", "", ""}, {log::RowChange::Kind::kErase, {0, 9}, {}, {}},
                log::Condition::kRowExists);
    refused.keep_repeat([](const log::Append&) { return std::string("never"); });
    hub.ask(std::move(refused));
    hub.event("without");
    test::copy_files(stage.root.file("data"), stage.root.file("image"));
  }
  stage.clock.advance(1min);
  DurableLog hub(stage.options("image"), stage.clock);
  const auto kept = hub.journal->take_repeats();
  REQUIRE(kept);
  CHECK(texts_of(*kept) == Texts{"a 1", "b 2"});
  const auto now = stage.clock.now().boot;
  CHECK(kept->texts[0].first == now - 2min);
  CHECK(kept->texts[1].first == now - 1min);
  CHECK(kept->since == now - 2min);  // the directory is no older
  CHECK_FALSE(hub.journal->take_repeats());
}

TEST_CASE("The secret of fingerprints is the directory's", "[journal][repeats]") {
  Stage stage;
  std::array<std::uint64_t, 2> key{};
  {
    DurableLog hub(stage.options("data"), stage.clock);
    key = hub.journal->take_repeats()->digest_key;
  }
  auto options = stage.options("data");
  options.seed = 77;
  DurableLog hub(options, stage.clock);
  CHECK(hub.journal->take_repeats()->digest_key == key);
}

TEST_CASE("Answers go with their window, and past the limit the oldest go first",
          "[journal][repeats]") {
  Stage stage;
  {
    DurableLog hub(stage.options("data"), stage.clock);
    ask(hub, "old");
    stage.clock.advance(11min);
    for (int i = 0; i < 8; ++i) {
      stage.clock.advance(2s);
      ask(hub, std::to_string(i), 300'000);
    }
  }
  DurableLog hub(stage.options("data"), stage.clock);
  const auto kept = hub.journal->take_repeats();
  REQUIRE(kept->texts.size() >= 3);
  CHECK(kept->texts.size() <= 4);
  CHECK(kept->texts.back().second.starts_with("7 9"));
  // Everything that was answered after the newest one that went is there.
  CHECK(kept->since < kept->texts.front().first);
  CHECK(kept->since >= kept->texts.front().first - 2s);
}

TEST_CASE("When events may be lost, no answer is promised that was given before",
          "[journal][repeats]") {
  Stage stage;
  {
    DurableLog hub(stage.options("data"), stage.clock);
    for (int i = 0; i < 5; ++i) ask(hub, std::to_string(i));
  }
  test::run_sql(stage.root.file("data"), "DELETE FROM log WHERE first > 3");
  stage.clock.advance(1min);
  auto options = stage.options("data");
  options.seed = 77;
  DurableLog hub(options, stage.clock);
  const auto kept = hub.journal->take_repeats();
  CHECK(texts_of(*kept) == Texts{"0 1", "1 2", "2 3"});
  CHECK(kept->since == stage.clock.now().boot);
  CHECK(ask(hub, "again").id.sequence() == 4);  // in place of a lost one's
}

}  // namespace
}  // namespace sse::journal
