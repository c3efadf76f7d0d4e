#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sse::pub {

/// What has become of the input so far, in records; with a checkpoint, of all runs together.
struct Tally {
  std::uint64_t bytes = 0;
  std::uint64_t published = 0;
  std::uint64_t rejected = 0;
  std::uint64_t skipped = 0;  ///< `sse.*` events: not for another hub

  std::uint64_t read() const { return published + rejected + skipped; }

  friend bool operator==(const Tally&, const Tally&) = default;
};

/// How a run ended, for `--summary`. `took` is this run's; `at_start` what earlier ones had done.
struct Summary {
  Tally tally;
  Tally at_start;
  std::chrono::nanoseconds took{};
  bool is_complete = false;  ///< the input was read to its end

  std::string text() const;
  std::string json() const;
};

/// What the progress bar shows, `width` characters at most. `size`: of the input, 0 when unknown.
std::string progress_text(const Tally& tally, const Tally& at_start, std::uint64_t size,
                          std::chrono::nanoseconds took, std::size_t width);

}  // namespace sse::pub
