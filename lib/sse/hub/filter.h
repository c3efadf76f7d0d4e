#pragma once

/// \file
/// Server-side filters of a stream: by event type (globs) and topic (levels), and which type ends
/// it.

#include <functional>
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
/// kind. The first event that passes, and whose type fits one of the last types, is the last that
/// is wanted. Immutable. Thread-safe.
class SSE_EXPORT Filter final : public log::Selector {
 public:
  /// Types: globs with `*` (any text) and `?` (one character). Topics: levels by `/`; `+` or `*` is
  /// one level, `#` or `**` at the end the rest (also none: `a/#` matches `a`, `#` every event,
  /// also one without a topic). `last_types`: globs, too; when types are filtered, they pass as
  /// well, or an event that ends the stream could never come. Null when nothing is filtered, and
  /// nothing ends it. Errors, all kInvalid: an empty pattern, a control character, invalid UTF-8,
  /// one longer than a type or topic can be; in a topic a wildcard inside a level, `#` not last, a
  /// blank or a `/` at the end (with a hint at %23 and %2B); more patterns than kMaxFilters, or
  /// more of their text than kMaxFilterBytes.
  static Result<std::unique_ptr<const Filter>> make(std::vector<std::string> types,
                                                    std::vector<std::string> topics,
                                                    std::vector<std::string> last_types = {});

  /// Topics that are asked about one by one.
  struct Judged {
    std::vector<std::string> patterns;
    /// Whether an event passes whose topic one of `patterns` matches. Its outcome may be kept for
    /// all events of that topic in a part of the log. Thread-safe.
    std::function<bool(std::string_view topic)> allows;
  };

  /// As make(), with topics that were cut to what a subscriber may read: patterns without a fault,
  /// at least one with those of `judged`, which may be longer and more than those that make()
  /// takes, and may end in `/`. `#` filters no topic. Errors: those of make() for the types;
  /// kInvalid when its footprint is more than kMostFootprint.
  static Result<std::unique_ptr<const Filter>> make_cut(std::vector<std::string> types,
                                                        std::vector<std::string> topics,
                                                        std::vector<std::string> last_types,
                                                        Judged judged = {});

  /// Whether make() takes these. Errors: those of make().
  static Status check(const std::vector<std::string>& types, const std::vector<std::string>& topics,
                      const std::vector<std::string>& last_types);

  bool wants_type(std::string_view type) const override;
  bool wants_topic(std::string_view topic) const override;
  bool wants_every_type() const override { return types_.empty(); }
  bool wants_every_topic() const override { return every_topic_; }
  std::span<const std::string> exact_topics() const override;
  std::span<const std::string> exact_types() const override;
  std::span<const std::string> topic_patterns() const override { return topics_; }
  log::AskingCost asking_cost(log::Kind kind) const override;

  /// Whether an event of this type, which passes, is the last one.
  bool ends(std::string_view type) const override;
  bool may_end() const override { return last_ != nullptr; }
  log::AskingCost ending_cost() const override;

  /// What it takes of memory with its part of an Interest, at most: less than kMostFootprint.
  std::size_t footprint() const { return footprint_; }
  static constexpr std::size_t kMostFootprint = 255U << 10U;

  /// Whether topics are asked about one by one (Judged).
  bool is_judged() const { return judged_ != nullptr; }

  /// The patterns as they were given; with types, the last types stand behind them, and behind
  /// topics those that are judged.
  const std::vector<std::string>& types() const { return types_; }
  const std::vector<std::string>& topics() const { return topics_; }
  std::span<const std::string> last_types() const;

 private:
  /// What most filters do not have: kept apart.
  struct Last {
    explicit Last(std::vector<std::string> last_types);

    const std::vector<std::string> types;
    const std::vector<wire::TypePattern> patterns;  // of types
  };

  Filter(std::vector<std::string> types, std::vector<std::string> topics,
         std::unique_ptr<const Last> last, std::unique_ptr<const Judged> judged);

  static std::unique_ptr<const Filter> build(std::vector<std::string> types,
                                             std::vector<std::string> topics,
                                             std::vector<std::string> last_types, Judged judged);

  /// The topics that pass without being judged.
  std::span<const std::string> plain_topics() const;

  const std::vector<std::string> types_;
  const std::vector<std::string> topics_;
  const std::vector<wire::TypePattern> type_patterns_;  // of types_
  const std::unique_ptr<const Last> last_;              // null: no event is the last one
  const std::unique_ptr<const Judged> judged_;          // null: no topic is judged
  const bool types_are_exact_;
  const bool topics_are_exact_;
  const bool every_topic_;
  const std::size_t footprint_;
};

}  // namespace sse::hub
