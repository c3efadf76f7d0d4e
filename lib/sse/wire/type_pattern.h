#pragma once

/// \file
/// Patterns of event types, as filters have them: `*` is any text, `?` is one character.

#include <cstddef>
#include <string_view>

#include "sse/base/export.h"

namespace sse::wire {

/// One pattern, taken apart once: the pieces before the first `*`, behind the last one and between
/// them. A match finds the pieces one after the other and never goes back, so its work is bounded
/// by the text, times the pattern's 64-byte words. It refers to the pattern's text, which must
/// outlive it. Immutable. Thread-safe.
class SSE_EXPORT TypePattern {
 public:
  /// The longest pattern. A longer one would need more than four words of state.
  static constexpr std::size_t kMaxSize = 256;

  /// REQUIRES: `pattern` is valid UTF-8 of at most kMaxSize bytes.
  explicit TypePattern(std::string_view pattern);

  /// Whether the whole of `type`, which is valid UTF-8, fits the pattern.
  bool matches(std::string_view type) const;

  /// Whether it has no wildcard, so that it matches itself only.
  bool is_exact() const { return literal_.size() == pattern_.size(); }

  /// The text before the first wildcard, with which every matching type begins.
  std::string_view literal_prefix() const { return literal_; }

 private:
  std::string_view pattern_;
  std::string_view literal_;  // of pattern_
  std::string_view first_;    // before the first `*`; all of pattern_ when it has none
  std::string_view middle_;   // from the first `*` to the last; empty when it has none
  std::string_view last_;     // behind the last `*`
};

}  // namespace sse::wire
