#include "sse/auth/topic_algebra.h"

#include <random>
#include <string>
#include <vector>

#include "sse/wire/topic_pattern.h"

#include "support/catch.h"

namespace sse::auth {
namespace {

/// All texts of up to `most` levels, each one of `words`.
std::vector<std::string> texts_of(const std::vector<std::string>& words, int most) {
  std::vector<std::string> all;
  std::vector<std::string> longest = words;
  for (int levels = 1; levels <= most; ++levels) {
    all.insert(all.end(), longest.begin(), longest.end());
    std::vector<std::string> longer;
    for (const auto& text : longest) {
      for (const auto& word : words) longer.push_back(text + "/" + word);
    }
    longest = std::move(longer);
  }
  return all;
}

std::vector<std::string> topics() {
  auto all = texts_of({"a", "b", ""}, 4);
  // The empty text is not a topic: it is what an event without one has.
  return all;
}

std::vector<std::string> patterns() {
  std::vector<std::string> all;
  for (auto& text : texts_of({"a", "b", "", "+", "#"}, 3)) {
    if (!text.empty() && wire::fault_of_topic_pattern(text).empty()) all.push_back(text);
  }
  return all;
}

/// Which of the topics a pattern matches, as a text of 0 and 1.
std::string matched(const std::string& pattern, const std::vector<std::string>& topics) {
  std::string row;
  for (const auto& topic : topics) row += wire::matches_topic(pattern, topic) ? '1' : '0';
  return row;
}

TEST_CASE("The intersection of every two patterns matches what both match", "[auth][grants]") {
  const auto all_topics = topics();
  const auto all = patterns();
  std::vector<std::string> rows;
  for (const auto& pattern : all) rows.push_back(matched(pattern, all_topics));
  std::size_t pairs = 0;
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      std::string expected(all_topics.size(), '0');
      for (std::size_t k = 0; k < expected.size(); ++k) {
        if (rows[i][k] == '1' && rows[j][k] == '1') expected[k] = '1';
      }
      const auto both = intersection(all[i], all[j]);
      const auto row = both ? matched(*both, all_topics) : std::string(all_topics.size(), '0');
      ++pairs;
      if (row == expected) continue;
      ++wrong;
      UNSCOPED_INFO(all[i] << " ^ " << all[j] << " gave " << both.value_or("nothing"));
    }
  }
  CHECK(wrong == 0);
  CHECK(pairs > 10'000);
}

TEST_CASE("One pattern covers another when it matches all of its topics", "[auth][grants]") {
  const auto all_topics = topics();
  const auto all = patterns();
  std::vector<std::string> rows;
  for (const auto& pattern : all) rows.push_back(matched(pattern, all_topics));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      bool holds = true;
      for (std::size_t k = 0; k < all_topics.size(); ++k) {
        holds = holds && !(rows[j][k] == '1' && rows[i][k] == '0');
      }
      const bool is_said = covers(all[i], all[j]);
      if (is_said == holds || (holds && all[j] == "/#")) continue;
      ++wrong;
      UNSCOPED_INFO(all[i] << " and " << all[j]);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("Both spellings of a wildcard are one, and a result has the shorter", "[auth][grants]") {
  CHECK(intersection("a/**", "*/b") == "a/b");
  CHECK(intersection("a/*", "a/**") == "a/+");
  CHECK(intersection("**", "#") == "#");
  CHECK(covers("a/**", "a/*"));
}

TEST_CASE("Patterns that share no topic have no intersection", "[auth][grants]") {
  CHECK(intersection("a/b", "a/c") == std::nullopt);
  CHECK(intersection("a", "a/b") == std::nullopt);
  CHECK(intersection("+/b", "a/+/c") == std::nullopt);
  CHECK(intersection("/#", "+") == std::nullopt);
}

TEST_CASE("What another pattern covers is dropped, and of two equal ones the second",
          "[auth][grants]") {
  std::vector<std::string> all = {"ci/web", "ci/#", "ci/+", "metrics/1", "**", "#"};
  auto some = std::vector<std::string>(all.begin(), all.begin() + 4);
  drop_covered(some);
  CHECK(some == std::vector<std::string>{"ci/#", "metrics/1"});
  drop_covered(all);
  CHECK(all == std::vector<std::string>{"**"});
}

TEST_CASE("Of many patterns those stay that no other covers", "[auth][grants]") {
  const auto all = patterns();
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> some;
    for (int i = 0; i < 12; ++i) some.push_back(all[random() % all.size()]);
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < some.size(); ++i) {
      bool is_covered = false;
      for (std::size_t j = 0; j < some.size(); ++j) {
        const bool is_equal = covers(some[j], some[i]) && covers(some[i], some[j]);
        is_covered = is_covered || (covers(some[j], some[i]) && (!is_equal || j < i));
      }
      if (!is_covered) expected.push_back(some[i]);
    }
    auto left = some;
    drop_covered(left);
    CAPTURE(some);
    CHECK(left == expected);
  }
}

}  // namespace
}  // namespace sse::auth
