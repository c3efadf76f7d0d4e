#include "sse/web/batch_results.h"

#include <string>

#include <nlohmann/json.hpp>

#include "support/catch.h"

namespace sse::web {
namespace {

constexpr Uuid kId{0x0190000000007000U, 7};
const std::string kIdText = to_string(kId);

Error invalid(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

void accept(BatchResults& results) {
  results.await();
  results.settle(results.size() - 1, kId);
}

std::string body_of(const BatchResults& results, std::uint64_t steps = 1'000'000,
                    std::size_t most = SIZE_MAX) {
  std::string body;
  for (BatchResults::Position at; !at.is_done;) {
    Budget budget(steps);
    std::string part;
    results.append_to(part, at, most, budget);
    body += part;
  }
  CHECK(body.size() == results.body_size());
  return body;
}

TEST_CASE("A batch's body has the counts, and a result for each item in order", "[web]") {
  BatchResults results;
  CHECK(body_of(results) == R"({"accepted":0,"rejected":0,"results":[]})");
  results.reject(invalid("no \"data\""));
  accept(results);
  results.reject(invalid("no \"data\""));
  results.reject(invalid(""));
  CHECK(body_of(results) ==
        R"({"accepted":1,"rejected":3,"results":[{"error":"no \"data\""},{"id":")" + kIdText +
            R"("},{"error":"no \"data\""},{"error":""}]})");
}

TEST_CASE("A result that is known later stands in its item's place", "[web]") {
  BatchResults results;
  results.await();
  results.reject(invalid("b"));
  results.await();
  BatchResults copy = results;
  results.settle(2, kId);
  results.settle(0, invalid("a"));
  CHECK(body_of(results) ==
        R"({"accepted":1,"rejected":2,"results":[{"error":"a"},{"error":"b"},{"id":")" + kIdText +
            R"("}]})");
  copy.settle(0, Error{ErrorCode::kUnknown, "it may have been published"});
  copy.settle(2, Error{ErrorCode::kUnknown, "it may have been published"});
  REQUIRE(copy.of_all() != nullptr);
  CHECK(copy.of_all()->code == ErrorCode::kUnknown);
}

TEST_CASE("However a batch's body is cut, its parts are the same body", "[web]") {
  BatchResults results;
  for (int i = 0; i < 100; ++i) {
    if (i % 3 == 0) results.reject(invalid("number " + std::to_string(i)));
    accept(results);
  }
  const std::string whole = body_of(results);
  CHECK(body_of(results, 1) == whole);
  CHECK(body_of(results, 70) == whole);
  CHECK(body_of(results, 1'000'000, 64) == whole);
}

TEST_CASE("A part of the body ends where its size says, but for one result", "[web]") {
  BatchResults results;
  for (int i = 0; i < 1000; ++i) accept(results);
  BatchResults::Position at;
  Budget budget(1'000'000);
  std::string part;
  results.append_to(part, at, 1000, budget);
  CHECK(part.size() >= 1000);
  CHECK(part.size() < 1100);
}

TEST_CASE("Texts of errors past a size are not kept, and what stands for them says so", "[web]") {
  BatchResults results;
  constexpr int kItems = 4000;
  for (int i = 0; i < kItems; ++i) {
    results.reject(invalid(std::to_string(i) + std::string(200, 'x')));
  }
  accept(results);
  const auto all = nlohmann::json::parse(body_of(results)).at("results");
  REQUIRE(all.size() == kItems + 1);
  CHECK(all[0].at("error") == "0" + std::string(200, 'x'));
  CHECK(all[kItems - 1].at("error") == BatchResults::kNoText);
  CHECK(all[kItems].at("id") == kIdText);
}

TEST_CASE("An error is of the whole batch only when nothing of it was accepted", "[web]") {
  const Error draining{ErrorCode::kUnavailable, "the hub is draining"};
  BatchResults results;
  results.reject(invalid("x"));
  CHECK(results.of_all() == nullptr);
  results.reject(draining);
  REQUIRE(results.of_all() != nullptr);
  CHECK(results.of_all()->code == ErrorCode::kUnavailable);
  accept(results);
  CHECK(results.of_all() == nullptr);
}

}  // namespace
}  // namespace sse::web
