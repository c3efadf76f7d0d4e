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

using WhenKnown = std::function<void(const Outcomes&)>;

/// What the test sets and sees of a draft, which the batch owns.
struct Seen {
  bool answers_at_once = true;
  std::function<void()> during_call;
  std::optional<Error> refusal;      // of each item
  std::optional<Error> refusal_all;  // of all of it
  std::vector<std::size_t> calls;    // items in each call
  std::size_t added = 0;             // in all
  std::size_t reserved = 0;
  WhenKnown when_known;
  RepeatText<Outcomes> repeat;
  std::vector<std::pair<std::size_t, Uuid>> waiting;

  /// The outcomes of what waits.
  void tell(TakeOutcome take) const {
    for (const auto& [slot, id] : waiting) take(slot, id);
  }
};

/// Takes `{"a":TEXT}`.
class TextDraft final : public Draft {
 public:
  explicit TextDraft(Seen& seen) : seen_(seen) {}

  Status add(const json::Object& object, std::size_t slot) {
    const auto text = SSE_TRY(object.required_string("a", "a string"));
    items_.emplace_back(slot, Uuid{1, std::stoull(std::string(text))});
    ++seen_.added;
    return {};
  }
  void reserve(std::size_t items) override { seen_.reserved = items; }
  std::size_t size() const override { return items_.size(); }
  bool is_slice() const override { return items_.size() >= 256; }
  bool answers_at_once() const override { return seen_.answers_at_once; }
  Result<Answered> publish(TakeOutcome take, LaterOutcomes later) override {
    seen_.calls.push_back(items_.size());
    if (seen_.during_call) seen_.during_call();
    if (seen_.refusal_all) return *seen_.refusal_all;
    if (!seen_.answers_at_once) {
      if (later.repeat() != nullptr) seen_.repeat = *later.repeat();
      seen_.when_known = later();
      seen_.waiting = std::exchange(items_, {});
      return Answered::kLater;
    }
    for (const auto& [slot, id] : items_) {
      seen_.refusal ? take(slot, *seen_.refusal) : take(slot, id);
    }
    items_.clear();
    return Answered::kNow;
  }

 private:
  Seen& seen_;
  std::vector<std::pair<std::size_t, Uuid>> items_;
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

  Batch batch_of(const std::string& text, BodyShape shape = BodyShape::kLines,
                 http::Call::Repeat repeat = nullptr) {
    auto draft = std::make_unique<TextDraft>(seen);
    auto& texts = *draft;
    return {
        RequestBody{shape, text}, std::move(draft),
        [&texts](const json::Object& object, std::size_t slot) { return texts.add(object, slot); },
        std::move(repeat)};
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

  Seen seen;
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
    const std::size_t before = f.seen.calls.size();
    slice = batch.go_on(f.response, budget, []() -> http::Resume { std::abort(); });
    std::size_t published = 0;
    for (std::size_t i = before; i < f.seen.calls.size(); ++i) published += f.seen.calls[i];
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
    CHECK(f.seen.calls == std::vector<std::size_t>{1, 1});
    CHECK(f.results().size() == 2);
  }
}

TEST_CASE("A batch is published in order, a few hundred items at a time", "[web][batch]") {
  Fixture f;
  const std::string text = items(600, "\n");
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, kPlenty) == Slice::kDone);
  CHECK(f.seen.calls == std::vector<std::size_t>{256, 256, 88});
}

TEST_CASE("Nothing of an array is published before all of it is known to be JSON", "[web][batch]") {
  for (const std::uint64_t steps : {std::uint64_t{1}, std::uint64_t{1000}, kPlenty}) {
    Fixture f;
    const std::string text = "[" + items(300, ",") + ",nul]";
    auto batch = f.batch_of(text, BodyShape::kArray);
    CHECK(f.work(batch, steps) == Slice::kDone);
    CHECK(f.seen.calls.empty());
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
  CHECK(f.seen.calls.empty());
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
  f.seen.answers_at_once = false;
  const std::string text = "x\n" + items(600, "\n") + "\nx";
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, 1000) == Slice::kLater);
  CHECK(f.seen.calls == std::vector<std::size_t>{600});
  CHECK(f.resumes == 0);
  f.seen.when_known([&](TakeOutcome take) { f.seen.tell(take); });
  CHECK(f.resumes == 1);
  CHECK(f.work(batch, 1000) == Slice::kDone);
  const auto results = f.results();
  REQUIRE(results.size() == 602);
  CHECK(results[0].contains("error"));
  CHECK(results[600].at("id") == to_string(Uuid{1, 599}));
  CHECK(results[601].contains("error"));
}

TEST_CASE("A batch that is published as a whole is drafted in slices, and moves nothing",
          "[web][batch]") {
  Fixture f;
  f.seen.answers_at_once = false;
  const std::string text = items(5000, "\n");
  auto batch = f.batch_of(text);
  std::size_t most = 0;
  for (auto slice = Slice::kMore; slice == Slice::kMore;) {
    Budget budget(10'000);
    const std::size_t before = f.seen.added;
    slice = batch.go_on(f.response, budget, []() -> http::Resume { return [] {}; });
    most = std::max(most, f.seen.added - before);
    CHECK((f.seen.added == 0 || f.seen.reserved == 5000));
  }
  CHECK(f.seen.calls == std::vector<std::size_t>{5000});
  CHECK(most > 20);
  CHECK(most < 100);
}

TEST_CASE("What repeats a batch that is answered later is made of its outcomes, and changes none",
          "[web][batch]") {
  Fixture f;
  f.seen.answers_at_once = false;
  const std::string text = items(2, "\n") + "\nx";
  std::vector<std::string> kept;
  auto batch = f.batch_of(text, BodyShape::kLines, [&](const http::Response& response) {
    kept.push_back(response.body);
    return RepeatRecord("kept");
  });
  CHECK(f.work(batch, kPlenty) == Slice::kLater);
  REQUIRE(f.seen.repeat);
  const auto outcomes = [&](TakeOutcome take) { f.seen.tell(take); };
  CHECK(f.seen.repeat(outcomes).text == "kept");
  CHECK(f.seen.repeat(outcomes).text == "kept");
  f.seen.when_known(outcomes);
  CHECK(f.work(batch, kPlenty) == Slice::kDone);
  CHECK(kept == std::vector{f.response.body, f.response.body});
}

TEST_CASE("A batch that is refused as a whole is answered so", "[web][batch]") {
  Fixture f;
  f.seen.answers_at_once = false;
  f.seen.refusal_all = Error{ErrorCode::kUnavailable, "too much is on its way"};
  const std::string text = items(600, "\n");
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, kPlenty) == Slice::kDone);
  CHECK(f.response.status == 503);
  CHECK(f.response.body.find("too much is on its way") != std::string::npos);
}

TEST_CASE("A batch that is cut by a drain says what was taken, and what was not", "[web][batch]") {
  Fixture f;
  const std::string text = items(600, "\n");
  f.seen.during_call = [&] {
    if (f.seen.calls.size() == 2)
      f.seen.refusal = Error{ErrorCode::kUnavailable, "the hub is draining"};
  };
  auto batch = f.batch_of(text);
  CHECK(f.work(batch, kPlenty) == Slice::kDone);
  CHECK(f.response.status == 200);
  const auto results = f.results();
  REQUIRE(results.size() == 600);
  CHECK(results[255].contains("id"));
  CHECK(results[256].at("error") == "the hub is draining");
  Fixture late;
  late.seen.refusal = Error{ErrorCode::kUnavailable, "the hub is draining"};
  auto refused = late.batch_of(text);
  CHECK(late.work(refused, kPlenty) == Slice::kDone);
  CHECK(late.response.status == 503);
}

}  // namespace
}  // namespace sse::web
