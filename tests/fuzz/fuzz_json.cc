// The JSON reader against nlohmann's own: what it takes is JSON, and an array is cut where its
// items end.

#include <algorithm>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/json/items.h"
#include "sse/json/number.h"
#include "sse/json/reader.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

using Json = nlohmann::json;

/// nlohmann takes a NUL for the end of its input, and passes over a byte order mark.
bool is_json(std::string_view text) {
  return text.find('\0') == text.npos && !text.starts_with("\xEF\xBB\xBF") && Json::accept(text);
}

/// Small parts end at every kind of place.
void check_parts(std::string_view text, const json::Reader& whole, json::Outcome expected) {
  json::Reader reader;
  reader.start(text);
  std::optional<json::Outcome> outcome;
  while (!outcome) {
    Budget budget(1);
    outcome = reader.go_on(budget);
  }
  SSE_CHECK(*outcome == expected);
  if (expected != json::Outcome::kObject) SSE_CHECK(reader.error().text == whole.error().text);
  if (expected == json::Outcome::kObject)
    SSE_CHECK(reader.object().size() == whole.object().size());
}

void check_object(std::string_view text) {
  json::Reader reader;
  const auto outcome = reader.read(text);
  check_parts(text, reader, outcome);
  if (outcome == json::Outcome::kObject) {
    SSE_CHECK(is_json(text));
    const auto& object = reader.object();
    const auto oracle = Json::parse(text);
    SSE_CHECK(oracle.is_object() && oracle.size() == object.size());
    for (const auto& [key, value] : oracle.items()) {
      const auto* member = object.find(key);
      SSE_CHECK(member != nullptr);
      SSE_CHECK(Json::parse(member->raw) == value);
      if (value.is_string()) SSE_CHECK(member->text == value.get<std::string>());
    }
  } else {
    SSE_CHECK(!reader.error().text.empty());
    if (outcome == json::Outcome::kRefused) return;
    // Nested deeper than is read, or a number longer than is: then it is undecided whether it is
    // JSON.
    const auto brackets =
        std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; });
    const bool is_past_limits =
        static_cast<std::size_t>(brackets) >= json::kMaxDepth || text.size() > json::kMaxNumberSize;
    SSE_CHECK(!is_json(text) || is_past_limits);
  }
}

void check_array(std::string_view text) {
  const bool is_array = is_json(text) && json::trim_space(text).front() == '[';
  auto items = json::Items::of_array(text);
  bool all_are_json = true;
  std::size_t count = 0;
  for (;;) {
    switch (items.next()) {
      case json::Items::Step::kItem:
        all_are_json = all_are_json && is_json(items.item());
        ++count;
        break;
      case json::Items::Step::kNothing:
        break;
      case json::Items::Step::kEnd:
        SSE_CHECK(all_are_json == is_array);
        if (is_array) SSE_CHECK(count == Json::parse(text).size());
        return;
      case json::Items::Step::kNotJson:
        SSE_CHECK(!is_array);
        return;
    }
  }
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = sse::fuzz::text_of(data, size);
  sse::fuzz::check_object(text);
  sse::fuzz::check_array(text);
  return 0;
}
