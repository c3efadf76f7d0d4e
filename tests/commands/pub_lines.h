#pragma once

/// \file
/// Lines for sse-pub to load, and whether they arrived.

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "pub_stage.h"
#include "support/catch.h"

namespace sse::test {

/// SSE_LOAD_LINES=1000000 makes the big ones as big as they are meant to be.
inline std::size_t many() {
  const char* const lines = std::getenv("SSE_LOAD_LINES");
  return lines == nullptr ? 30'000 : std::strtoul(lines, nullptr, 10);
}

inline const std::vector<std::string> kKeepsAll{"--ttl", "1h", "--max-log-bytes", "1G"};

/// Lines to load: a bad one every so often.
struct Lines {
  std::string text;
  std::string bad;
  std::size_t good = 0;
  double sum = 0;  // of the good ones' values

  void add(std::size_t i, bool is_bad) {
    const std::string number = std::to_string(i);
    if (is_bad) {
      const std::string line = i % 2 == 0 ? R"({"metric":"m1","value":")" + number + "\"}\r\n"
                                          : "nonsense " + number + "\n";
      text += line;
      bad += line;
      return;
    }
    text += R"({"metric":"m)" + std::to_string(i % 7) + R"(","value":)" + number + "}\n";
    sum += static_cast<double>(i);
    ++good;
  }

  static Lines make(std::size_t count, std::size_t bad_every) {
    Lines lines;
    for (std::size_t i = 1; i <= count; ++i) lines.add(i, i % bad_every == bad_every / 2);
    return lines;
  }
};

/// Checks that a hub's log has the values of `lines`, each once, and no other reading.
inline void check_published_once(const HubProgram& hub, const Lines& lines) {
  const std::string end = "the end of it";
  REQUIRE(run_pub(hub.url(), {"event", "-e", "end", "-d", end}).status == 0);
  const std::string data =
      run_words({"sse-sub", "--since=earliest", "-e", "metric_reading_created", "-e", "end", "-C",
                 std::to_string(lines.good + 1), "-o", "data"},
                hub.url())
          .out;
  CHECK_THAT(data.substr(data.size() - 20), Catch::EndsWith(end + "\n"));
  double sum = 0;
  constexpr std::string_view kValue = "\"value\":";
  for (std::size_t at = 0; (at = data.find(kValue, at)) != std::string::npos;) {
    at += kValue.size();
    sum += std::strtod(data.c_str() + at, nullptr);
  }
  CHECK(sum == lines.sum);
}

inline std::string counts(std::size_t read, std::size_t published, std::size_t rejected) {
  return "{\"read\":" + std::to_string(read) + ",\"published\":" + std::to_string(published) +
         ",\"rejected\":" + std::to_string(rejected) + ",\"skipped\":0,";
}

}  // namespace sse::test
