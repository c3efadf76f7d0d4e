#pragma once

#include <memory>
#include <string_view>

#include "sse/base/result.h"

namespace re2 {
class RE2;
}

namespace sse::sub {

/// A regular expression in RE2's syntax, which takes time linear in the text, whatever the pattern
/// (docs/decisions/0017). The only door to RE2. Immutable.
class Pattern {
 public:
  /// Error: kInvalid, with what is wrong.
  static Result<Pattern> compile(std::string_view text);

  Pattern(Pattern&& other) noexcept;
  Pattern& operator=(Pattern&& other) noexcept;
  ~Pattern();

  /// Whether it matches anywhere in `text`.
  bool matches(std::string_view text) const;

 private:
  explicit Pattern(std::unique_ptr<const re2::RE2> compiled);

  std::unique_ptr<const re2::RE2> compiled_;
};

}  // namespace sse::sub
