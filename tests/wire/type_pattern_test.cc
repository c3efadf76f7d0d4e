#include "sse/wire/type_pattern.h"

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/thread_time.h"

namespace sse::wire {
namespace {

std::size_t end_of_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

/// What the pattern means, said as simply as can be.
bool fits(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    for (std::size_t at = 0;; at = end_of_character(text, at)) {
      if (fits(pattern.substr(1), text.substr(at))) return true;
      if (at == text.size()) return false;
    }
  }
  if (text.empty()) return false;
  if (pattern[0] == '?') return fits(pattern.substr(1), text.substr(end_of_character(text, 0)));
  return pattern[0] == text[0] && fits(pattern.substr(1), text.substr(1));
}

std::string random_text(std::mt19937_64& random, std::size_t most,
                        const std::vector<std::string>& pieces) {
  std::string text;
  for (std::size_t left = random() % (most + 1); left > 0; --left) {
    text += pieces[random() % pieces.size()];
  }
  return text;
}

TEST_CASE("A compiled pattern says what the plain rule says", "[wire][type]") {
  std::mt19937_64 random(20'261'128);
  std::size_t matches = 0;
  for (int i = 0; i < 200'000; ++i) {
    // Two characters share their last byte, and two their first.
    const auto pattern =
        random_text(random, 8, {"a", "b", "*", "?", "*", "\xC3\xA9", "\xC4\xA9", "\xC3\xA8"});
    const auto text = random_text(random, 10, {"a", "b", "a", "\xC3\xA9", "\xC4\xA9", "\xC3\xA8"});
    const bool expected = fits(pattern, text);
    if (TypePattern(pattern).matches(text) != expected) {
      CAPTURE(pattern, text, expected);
      FAIL("the two disagree");
    }
    if (expected) ++matches;
  }
  CHECK(matches > 10'000);
}

TEST_CASE("Long pieces with ? are found across words", "[wire][type]") {
  std::mt19937_64 random(7);
  std::size_t matches = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto piece = random_text(random, 110, {"a", "a", "a", "a", "a", "\xC3\xA9", "?"});
    const auto text = random_text(random, 40, {"a"}) + [&] {
      std::string some = piece;
      for (char& c : some) {
        if (c == '?' || random() % 400 == 0) c = 'a';
      }
      return some;
    }() + random_text(random, 20, {"a", "\xC3\xA9"});
    const std::string pattern = "*" + piece + "*";
    const bool expected = fits(pattern, text);
    CAPTURE(pattern, text);
    REQUIRE(TypePattern(pattern).matches(text) == expected);
    if (expected) ++matches;
  }
  CHECK(matches > 1'000);
}

/// Of one match, by the thread's CPU clock.
double nanoseconds_of_match(const TypePattern& pattern, const std::string& text) {
  constexpr int kMatches = 200;
  const double begin = test::thread_seconds();
  int found = 0;
  for (int i = 0; i < kMatches; ++i) found += pattern.matches(text) ? 1 : 0;
  REQUIRE(found == 0);
  return (test::thread_seconds() - begin) * 1e9 / kMatches;
}

TEST_CASE("No pattern costs the product of the lengths", "[wire][type]") {
  // What is twice as long takes twice as much, and four times were it the product. The limit lies
  // between: a ratio is the same in builds with checks and on a busy machine. Both lengths take the
  // same number of machine words for half of their states.
  constexpr std::size_t kShort = 128;
  constexpr std::size_t kLong = 252;
  constexpr double kLimit = 3;
  const auto repeat = [](const std::string& part, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += part;
    return all;
  };
  // Each for texts of `length` times the letter a.
  const std::vector<std::function<std::string(std::size_t length)>> patterns = {
      [&](std::size_t length) { return "*" + repeat("a", length - 2) + "b"; },
      [&](std::size_t length) {
        return "*" + repeat("a", length / 2) + "b" + repeat("a", length * 9 / 20) + "*";
      },
      [&](std::size_t length) { return "*" + repeat("a", length / 2) + "b*"; },
      [&](std::size_t length) { return "*?" + repeat("a", length / 2) + "b*"; },
      [&](std::size_t length) { return "*" + repeat("?", length / 2) + "b*"; },
      [&](std::size_t length) { return repeat("*a?", length * 3 / 10) + "*b*"; },
      [&](std::size_t length) { return repeat("*aaaaaaaaaa?", length / 12) + "*b*"; },
  };
  for (const auto& pattern : patterns) {
    CAPTURE(pattern(24));
    const std::string short_text = pattern(kShort);
    const std::string long_text = pattern(kLong);
    const TypePattern short_pattern(short_text);
    const TypePattern long_pattern(long_text);
    double short_time = 1e9;
    double long_time = 1e9;
    for (int attempt = 0; attempt < 20; ++attempt) {  // the fastest of each
      short_time =
          std::min(short_time, nanoseconds_of_match(short_pattern, std::string(kShort, 'a')));
      long_time = std::min(long_time, nanoseconds_of_match(long_pattern, std::string(kLong, 'a')));
    }
    CHECK(long_time / short_time < kLimit);
  }
}

TEST_CASE("A pattern knows the text that every match begins with", "[wire][type]") {
  CHECK(TypePattern("metric_*").literal_prefix() == "metric_");
  CHECK(TypePattern("v?.*").literal_prefix() == "v");
  CHECK(TypePattern("*x").literal_prefix().empty());
  CHECK(TypePattern("deploy").literal_prefix() == "deploy");
  CHECK(TypePattern("deploy").is_exact());
  CHECK_FALSE(TypePattern("deploy?").is_exact());
}

}  // namespace
}  // namespace sse::wire
