#include "sse/web/batch.h"

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/http/request.h"
#include "sse/http/response.h"

#include "support/catch.h"

namespace sse::web {
namespace {

using http::Slice;

struct Text {
  std::string text;
  std::optional<Error> error;
};
using Texts = std::vector<Text>;
using WhenKnown = std::function<void(Texts)>;

/// Takes `{"a":TEXT}`, in calls that the test sees.
struct TextUse {
  using Slot = Text;

  Status parse(const json::Object& object, Slot& slot) const {
    slot.text = SSE_TRY(object.required_string("a", "a string"));
    return {};
  }
  bool publish(Texts& texts, LaterSlots<Texts> later) const {
    calls.push_back(texts.size());
    if (during_call) during_call();
    for (Text& slot : texts) {
      if (!slot.error && refusal) slot.error = refusal;
    }
    if (!answers_later) return true;
    when_known = later();
    waiting = std::move(texts);
    return false;
  }
  static Uuid id_of(const Slot& slot) { return {1, std::stoull(slot.text)}; }

  std::vector<std::size_t>& calls;
  std::function<void()>& during_call;
  std::optional<Error>& refusal;
  bool answers_later;
  WhenKnown& when_known;
  Texts& waiting;
};

constexpr std::uint64_t kPlenty = 100'000'000;

struct Fixture {
  /// Goes on until the work is done or waits; each slice has `steps`.
  Slice work(Batch& batch, std::uint64_t steps) {
    for (;;) {
      Budget budget(steps);
      ++slices;
      const Slice slice =
          batch.go_on(response, budget, [this]() -> http::Resume { return [this] { ++resumes; }; });
      if (slice != Slice::kMore) return slice;
    }
  }

  SlotBatch<TextUse> batch_of(const std::string& text, BodyShape shape = BodyShape::kLines,
                              BatchUnit unit = BatchUnit::kSlice) {
    return {RequestBody{shape, text}, unit,
            TextUse{calls, during_call, refusal, unit == BatchUnit::kWhole, when_known, waiting}};
  }

  std::string body() {
    if (!response.pieces) return response.body;
    std::string whole;
    for (auto piece = http::Piece::kMore; piece == http::Piece::kMore; ++pieces) {
      std::string part;
      piece = response.pieces(part, []() -> http::Resume { std::abort(); });
      longest_piece = std::max(longest_piece, part.size());
      whole += part;
    }
    return whole;
  }
  nlohmann::json results() { return nlohmann::json::parse(body()).at("results"); }

  std::vector<std::size_t> calls;
  std::function<void()> during_call;
  std::optional<Error> refusal;
  WhenKnown when_known;
  Texts waiting;
  http::Response response;
  std::size_t slices = 0;
  std::size_t resumes = 0;
  std::size_t pieces = 0;
  std::size_t longest_piece = 0;
};

std::string items(std::size_t count, const std::string& between) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) text += between;
    text += R"({"a":")" + std::to_string(i) + "\"}";
  }
  return text;
}

TEST_CASE("However a batch is cut into slices, its answer is the same", "[web][batch]") {
  const std::string lines = items(700, "\n") + "\n\n[\n{\"a\":1}\n{\"a\":\"700\"}";
  const std::string array = "[" + items(700, ",") + ",[1],{\"a\":1},{\"a\":\"700\"}]";
  for (const auto shape : {BodyShape::kLines, BodyShape::kArray}) {
    const std::string& text = shape == BodyShape::kLines ? lines : array;
    Fixture whole;
    auto at_once = whole.batch_of(text, shape);
    CHECK(whole.work(at_once, kPlenty) == Slice::kDone);
    CHECK(whole.slices == 1);
    const auto results = whole.results();
    REQUIRE(results.size() == 703);
    CHECK(results[699].at("id") == to_string(Uuid{1, 699}));
    CHECK(results[700].contains("error"));
    CHECK(results[701].at("error") == "a: expected a string, got a number");
    CHECK(results[702].at("id") == to_string(Uuid{1, 700}));
    for (const std::uint64_t steps : {1U, 100U, 1000U, 5000U}) {
      CAPTURE(steps);
      Fixture cut;
      auto batch = cut.batch_of(text, shape);
      CHECK(cut.work(batch, steps) == Slice::kDone);
      CHECK(cut.slices > 10);
      CHECK(cut.body() == whole.body());
    }
  }
}

TEST_CASE("A slice of a batch works on no more than its budget lets it", "[web][batch]") {
  Fixture f;
  const std::string text = items(5000, "\n");
  auto batch = f.batch_of(text);
  std::size_t most = 0;
  for (auto slice = Slice::kMore; slice == Slice::kMore;) {
    Budget budget(10'000);
    const std::size_t before = f.calls.size();
    slice = batch.go_on(f.response, budget, []() -> http::Resume { std::abort(); });
    std::size_t published = 0;
    for (std::size_t i = before; i < f.calls.size(); ++i) published += f.calls[i];
    most = std::max(most, published);
  }
  CHECK(most > 20);
  CHECK(most < 100);
}

TEST_CASE("A long item of a batch is read in slices", "[web][batch]") {
  const std::string item = R"({"a":"1","b":[)" + std::string(200'000, ' ') + "]}";
  for (const auto shape : {BodyShape::kLines, BodyShape::kArray}) {
    Fixture f;
    const bool is_array = shape == BodyShape::kArray;
    const std::string text = is_array ? "[{\"a\":\"0\"}," + item + "]" : "{\"a\":\"0\"}\n" + item;
    auto batch = f.batch_of(text, shape);
    CHECK(f.work(batch, 10'000) == Slice::kDone);
    CHECK(f.slices > (is_array ? 20U : 10U));  // an array's items are read twice
    CHECK(f.calls == std::vector<std::size_t>{1, 1});
    CHECK(f.results().size() == 2);
  }
}

TEST_CASE("A batch is published in order, a few hundred items at a time", "[web][batch]") {
  Fixture f;
  const std::string text = items(600, "\n");
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, kPlenty) == Slice::kDone);
  CHECK(f.calls == std::vector<std::size_t>{256, 256, 88});
}

TEST_CASE("Nothing of an array is published before all of it is known to be JSON", "[web][batch]") {
  for (const std::uint64_t steps : {std::uint64_t{1}, std::uint64_t{1000}, kPlenty}) {
    Fixture f;
    const std::string text = "[" + items(300, ",") + ",nul]";
    auto batch = f.batch_of(text, BodyShape::kArray);
    CHECK(f.work(batch, steps) == Slice::kDone);
    CHECK(f.calls.empty());
    CHECK(f.response.status == 400);
    CHECK(f.response.body.find("item 300 of the array: expected JSON") != std::string::npos);
  }
}

TEST_CASE("Of more items than a batch may have, none is published", "[web][batch]") {
  std::string lines;
  for (std::size_t i = 0; i < kMaxBatchItems; ++i) lines += "[\n";
  Fixture just;
  auto all = just.batch_of(lines);
  CHECK(just.work(all, kPlenty) == Slice::kDone);
  CHECK(just.response.status == 200);
  Fixture f;
  lines += "[";
  auto batch = f.batch_of(lines);
  CHECK(f.work(batch, kPlenty) == Slice::kDone);
  CHECK(f.response.status == 413);
  CHECK(f.calls.empty());
}

TEST_CASE("A million blank lines are passed over in slices", "[web][batch]") {
  Fixture f;
  const std::string text = R"({"a":"1"})" + std::string(1'000'000, '\n') + R"({"a":"2"})";
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, 50'000) == Slice::kDone);
  CHECK(f.results().size() == 2);
  CHECK(f.slices > 40);
}

TEST_CASE("A large answer of a batch is made in pieces, and knows its length", "[web][batch]") {
  Fixture f;
  const std::string text = items(50'000, "\n");
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, 50'000) == Slice::kDone);
  CHECK(f.response.body.empty());
  REQUIRE(f.response.length);
  const auto all = f.body();
  CHECK(all.size() == *f.response.length);
  CHECK(f.pieces > 10);
  CHECK(f.longest_piece < kMaxWholeBatchBody / 10);
  CHECK(nlohmann::json::parse(all).at("accepted") == 50'000);
}

TEST_CASE("An answer of a batch that is not large is whole: it can be given again",
          "[web][batch]") {
  Fixture f;
  const std::string text = items(20'000, "\n");
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, 50'000) == Slice::kDone);
  CHECK(f.response.pieces == nullptr);
  CHECK(f.results().size() == 20'000);
}

TEST_CASE("A batch whose outcome comes later is published as a whole, and answered then",
          "[web][batch]") {
  Fixture f;
  const std::string text = items(600, "\n") + "\nx";
  auto batch = f.batch_of(text, BodyShape::kLines, BatchUnit::kWhole);
  CHECK(f.work(batch, 1000) == Slice::kLater);
  CHECK(f.calls == std::vector<std::size_t>{601});
  CHECK(f.resumes == 0);
  f.when_known(std::move(f.waiting));
  CHECK(f.resumes == 1);
  CHECK(f.work(batch, 1000) == Slice::kDone);
  const auto results = f.results();
  REQUIRE(results.size() == 601);
  CHECK(results[599].at("id") == to_string(Uuid{1, 599}));
  CHECK(results[600].contains("error"));
}

TEST_CASE("A batch that is cut by a drain says what was taken, and what was not", "[web][batch]") {
  Fixture f;
  const std::string text = items(600, "\n");
  f.during_call = [&] {
    if (f.calls.size() == 2) f.refusal = Error{ErrorCode::kUnavailable, "the hub is draining"};
  };
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, kPlenty) == Slice::kDone);
  CHECK(f.response.status == 200);
  const auto results = f.results();
  REQUIRE(results.size() == 600);
  CHECK(results[255].contains("id"));
  CHECK(results[256].at("error") == "the hub is draining");
  Fixture late;
  late.refusal = Error{ErrorCode::kUnavailable, "the hub is draining"};
  auto refused = late.batch_of(text);
  CHECK(late.work(refused, kPlenty) == Slice::kDone);
  CHECK(late.response.status == 503);
}

}  // namespace
}  // namespace sse::web
