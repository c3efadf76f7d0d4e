#include "sse/web/one_object.h"

#include <functional>
#include <string>

#include "sse/http/response.h"

#include "support/catch.h"

namespace sse::web {
namespace {

using http::Slice;

/// Takes `{"a":TEXT}`, as often as the test wants; the outcome is the size of the text.
struct Fixture {
  auto work_on(std::string_view text) {
    const auto parse = [](const json::Object& object) -> Result<std::string> {
      return std::string(SSE_TRY(object.required_string("a", "a string")));
    };
    const auto start = [this](const std::string& wanted,
                              Later<std::size_t> later) -> std::optional<Result<std::size_t>> {
      ++started;
      if (!answers_later) return Result<std::size_t>(wanted.size());
      when_known = later();
      return std::nullopt;
    };
    const auto respond = [](http::Response& made, const Result<std::size_t>& size) {
      if (!size) return answer_error(made, size.error());
      made.status = 201;
      made.body = std::to_string(*size);
    };
    return ObjectWork<std::size_t, decltype(+parse), std::remove_const_t<decltype(start)>,
                      decltype(+respond)>(text, parse, start, respond);
  }

  /// Goes on until the work is done or waits; each slice has `steps`.
  template <typename Work>
  Slice go_on(Work& work, std::uint64_t steps) {
    for (;;) {
      Budget budget(steps);
      ++slices;
      const Slice slice =
          work.go_on(response, budget, [this]() -> http::Resume { return [this] { ++resumes; }; });
      if (slice != Slice::kMore) return slice;
    }
  }

  bool answers_later = false;
  Done<std::size_t> when_known;
  int started = 0;
  int slices = 0;
  int resumes = 0;
  http::Response response;
};

const std::string kLong = R"({"a":")" + std::string(100'000, 'x') + "\"}";

TEST_CASE("A long object is read in slices, and started once", "[web][batch]") {
  Fixture f;
  auto work = f.work_on(kLong);
  CHECK(f.go_on(work, 1'000) == Slice::kDone);
  CHECK(f.slices > 40);
  CHECK(f.started == 1);
  CHECK(f.response.status == 201);
  CHECK(f.response.body == "100000");
}

TEST_CASE("A long object whose outcome comes later is answered then", "[web][batch]") {
  Fixture f;
  f.answers_later = true;
  auto work = f.work_on(kLong);
  CHECK(f.go_on(work, 1'000) == Slice::kLater);
  CHECK(f.resumes == 0);
  f.when_known(Error{ErrorCode::kUnavailable, "the hub is draining"});
  CHECK(f.resumes == 1);
  CHECK(f.go_on(work, 1'000) == Slice::kDone);
  CHECK(f.started == 1);
  CHECK(f.response.status == 503);
}

TEST_CASE("An outcome that comes when the work is gone is dropped", "[web][batch]") {
  Fixture f;
  f.answers_later = true;
  {
    auto work = f.work_on(kLong);
    CHECK(f.go_on(work, 1'000) == Slice::kLater);
  }
  f.when_known(std::size_t{1});
  CHECK(f.resumes == 1);
}

TEST_CASE("What is wrong with a long object is 400, and starts nothing", "[web][batch]") {
  for (const std::string& text : {kLong + "x", "{\"b\":" + kLong + "}", "[" + kLong + "]"}) {
    Fixture f;
    auto work = f.work_on(text);
    CHECK(f.go_on(work, 1'000) == Slice::kDone);
    CHECK(f.response.status == 400);
    CHECK(f.started == 0);
  }
}

}  // namespace
}  // namespace sse::web
