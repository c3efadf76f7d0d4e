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
#include "sse/wire/type_pattern.h"

namespace sse::hub {

/// A stream's patterns, of both kinds together, and the bytes of their text. Every new name of the
/// log is tried on each pattern, so the second bounds what one request can cost.
inline constexpr std::size_t kMaxFilters = 64;
inline constexpr std::size_t kMaxFilterBytes = 4096;

/// Several patterns of one kind: any; several kinds: all. No pattern of a kind: everything of that
/// kind. Immutable. Thread-safe.
class SSE_EXPORT Filter final : public log::Selector {
 public:
  /// Types: globs with `*` (any text) and `?` (one character). Topics: levels by `/`; `+` or `*` is
  /// one level, `#` or `**` at the end the rest (also none: `a/#` matches `a`, `#` every event,
  /// also one without a topic). Null when nothing is filtered. Errors, all kInvalid: an empty
  /// pattern, a control character, invalid UTF-8, one longer than a type or topic can be; in a
  /// topic a wildcard inside a level, `#` not last, a blank or a `/` at the end (with a hint at %23
  /// and %2B); more patterns than kMaxFilters, or
  /// more of their text than kMaxFilterBytes.
  static Result<std::unique_ptr<const Filter>> make(std::vector<std::string> types,
                                                    std::vector<std::string> topics);

  bool wants_type(std::string_view type) const override;
  bool wants_topic(std::string_view topic) const override;
  bool wants_every_type() const override { return types_.empty(); }
  bool wants_every_topic() const override { return every_topic_; }
  std::span<const std::string> exact_topics() const override;
  std::span<const std::string> exact_types() const override;
  log::AskingCost asking_cost(log::Kind kind) const override;

  /// What it takes of memory with its part of an Interest, at most: less than kMostFootprint.
  std::size_t footprint() const { return footprint_; }
  static constexpr std::size_t kMostFootprint = 255U << 10U;

  /// The patterns as they were given.
  const std::vector<std::string>& types() const { return types_; }
  const std::vector<std::string>& topics() const { return topics_; }

 private:
  Filter(std::vector<std::string> types, std::vector<std::string> topics);

  const std::vector<std::string> types_;
  const std::vector<std::string> topics_;
  const std::vector<wire::TypePattern> type_patterns_;  // of types_
  const bool types_are_exact_;
  const bool topics_are_exact_;
  const bool every_topic_;
  const std::size_t footprint_;
};

}  // namespace sse::hub
