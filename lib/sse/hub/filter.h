#pragma once

/// \file
/// Server-side filters of a stream: by event type (globs) and topic (levels).

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/log/selection.h"

namespace sse::hub {

inline constexpr std::size_t kMaxFilters = 64;  ///< a stream's patterns, of both kinds together

/// Several patterns of one kind: any; several kinds: all. No pattern of a kind: everything of that
/// kind. Immutable. Thread-safe.
class SSE_EXPORT Filter final : public log::Selector {
 public:
  /// Types: globs with `*` and `?`. Topics: levels by `/`; `+` or `*` is one level, `#` or `**` at
  /// the end the rest (also none: `a/#` matches `a`). Null when nothing is filtered. Errors:
  /// kInvalid (a wildcard inside a level, `#` not last, an empty pattern, a control character,
  /// invalid UTF-8, a pattern that ends in `/` or holds a blank: with a hint at %23 and %2B), more
  /// than kMaxFilters.
  static Result<std::unique_ptr<const Filter>> make(std::vector<std::string> types,
                                                    std::vector<std::string> topics);

  bool wants_type(std::string_view type) const override;
  bool wants_topic(std::string_view topic) const override;
  std::span<const std::string> exact_topics() const override;
  std::span<const std::string> exact_types() const override;

  /// The patterns as they were given.
  const std::vector<std::string>& types() const { return types_; }
  const std::vector<std::string>& topics() const { return topics_; }

 private:
  std::vector<std::string> types_;
  std::vector<std::string> topics_;
};

}  // namespace sse::hub
