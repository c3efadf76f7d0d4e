#include "sse/json/items.h"

#include <string>
#include <vector>

#include "support/catch.h"

namespace sse::json {
namespace {

using Texts = std::vector<std::string>;

/// All items; one more, `not JSON`, when the walk ends with that.
Texts all_of(Items items) {
  Texts texts;
  for (;;) {
    switch (items.next()) {
      case Items::Step::kItem:
        texts.emplace_back(items.item());
        break;
      case Items::Step::kNothing:
        break;
      case Items::Step::kEnd:
        return texts;
      case Items::Step::kNotJson:
        texts.emplace_back("not JSON");
        return texts;
    }
  }
}

Texts items_of(std::string_view array) {
  return all_of(Items::of_array(array));
}
Texts lines_of(std::string_view text) {
  return all_of(Items::of_lines(text));
}

TEST_CASE("An array is walked from item to item", "[json]") {
  CHECK(items_of("[]") == Texts{});
  CHECK(items_of(" [ \n ] ") == Texts{});
  CHECK(items_of("[1]") == Texts{"1"});
  CHECK(items_of(R"([{"a":[1,2]}, {"b":"],\"["} ,3])") ==
        Texts{R"({"a":[1,2]})", R"( {"b":"],\"["} )", "3"});
  CHECK(items_of("[1,,2]") == Texts{"1", "", "2"});  // whose reading fails
  CHECK(items_of("[1,]") == Texts{"1", ""});
  CHECK(items_of("[\"\\]") == Texts{"\"\\"});
}

TEST_CASE("What brackets say is not an array is not JSON", "[json]") {
  for (const std::string_view text : {"[", "]", "[1", "[1]]x", "[1]]", "[}]", "[1},2]", "{}"}) {
    CAPTURE(text);
    const auto items = items_of(text);
    REQUIRE_FALSE(items.empty());
    CHECK(items.back() == "not JSON");
  }
}

TEST_CASE("Lines are walked, blank ones passed over", "[json]") {
  CHECK(lines_of("") == Texts{});
  CHECK(lines_of("\n\r\n \n") == Texts{});
  CHECK(lines_of("a\r\n\nb") == Texts{"a\r", "b"});
}

TEST_CASE("A step through a long item is bounded", "[json]") {
  const std::string text = "[1,\"" + std::string(5 * Items::kMostBytesAStep, 'x') + "\",2]";
  auto items = Items::of_array(text);
  std::size_t steps = 0;
  for (auto step = Items::Step::kNothing; step != Items::Step::kEnd; ++steps) {
    const std::size_t before = items.walked();
    step = items.next();
    REQUIRE(items.walked() - before <= Items::kMostBytesAStep + 2);
  }
  CHECK(steps == 5 + 3 + 1);
  CHECK(items_of(text).size() == 3);
  // A blank line at a time.
  auto lines = Items::of_lines("\n\n\n");
  CHECK(lines.next() == Items::Step::kNothing);
  CHECK(lines.walked() == 1);
}

}  // namespace
}  // namespace sse::json
