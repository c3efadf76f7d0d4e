#pragma once

#include <cstdint>
#include <string>

#include "sse/base/clock.h"

#include "cli/status_line.h"
#include "options.h"
#include "tally.h"

namespace sse::pub {

/// The progress bar on stderr, drawn over itself a few times a second. Thread-compatible.
class Progress {
 public:
  /// `size`: of the input, 0 when unknown.
  Progress(ShowProgress show, std::uint64_t size, const Clock& clock);

  bool is_shown() const { return is_shown_; }

  void update(const Tally& tally, const Tally& at_start);

  /// Makes room for a line of text.
  void clear();

  /// Draws the last state and leaves it there.
  void finish(const Tally& tally, const Tally& at_start);

 private:
  void draw(const Tally& tally, const Tally& at_start);

  cli::StatusLine line_;
  const bool is_shown_;
  const std::uint64_t size_;
  const Clock& clock_;
  const BootTime started_;
  BootTime next_{};
};

}  // namespace sse::pub
