#pragma once

/// \file
/// What a principal may read, or write: patterns of topics, and globs of metric names.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::auth {

/// Of a principal, publish and subscribe together. Each request is cut by each grant.
inline constexpr std::size_t kMaxGrants = 64;
/// Of a grant, in bytes: no topic is longer.
inline constexpr std::size_t kMaxGrantSize = 256;
/// Of a cut. 64 patterns cut by 64 grants may be 4,096, and each is tried on every new topic.
inline constexpr std::size_t kMaxCutPatterns = 1'024;

/// What a grant of metrics begins with; a glob of their names follows.
inline constexpr std::string_view kMetricGrant = "metric:";
/// The topics that metrics have, one each.
inline constexpr std::string_view kMetricTopics = "metrics/+";

/// The name of the metric with this topic, also of one that was deleted lately; nullopt for another
/// topic, and for a metric that is not known. Thread-safe.
using NameOfTopic = std::function<std::optional<std::string>(std::string_view topic)>;

/// What is left of a request for topics once it is cut to the grants.
struct Cut {
  std::vector<std::string> patterns;  ///< none covers another; not empty unless `named` has some
  bool is_whole = true;               ///< nothing of the request was lost
  /// Of topics that count where allows_metric() says so of their metric's name. None is covered by
  /// another, or by `patterns`.
  std::vector<std::string> named = {};
};

/// Why a request for topics has no cut.
struct CutFault {
  enum class Kind : std::uint8_t {
    kNotGranted,  ///< `pattern` is an exact topic without a grant, or nothing at all is left
    kTooMany,     ///< more than kMaxCutPatterns
  };
  Kind kind = Kind::kNotGranted;
  std::string pattern;  ///< of the request, as it was asked for
};

/// Which topics and metrics are granted. No grant allows nothing. Immutable once made. Thread-safe.
class SSE_EXPORT Grants {
 public:
  Grants() = default;  ///< none

  /// Patterns of topics, and `metric:` with a glob of metric names (`*` any text, `?` one
  /// character). Error: kInvalid for more than kMaxGrants, and for a pattern that a filter may not
  /// be either; the text names it.
  static Result<Grants> make(const std::vector<std::string>& grants);

  bool is_empty() const { return topics_.empty() && metrics_.empty(); }
  std::size_t size() const { return topics_.size() + metrics_.size(); }

  /// Whether an event with this topic is granted. `topic`: empty for none, which needs `#`.
  bool allows_topic(std::string_view topic) const;
  /// Whether a grant `metric:` has a glob that fits `name`. A metric's topic is asked apart.
  bool allows_metric(std::string_view name) const;
  /// The same of the metric with this topic.
  bool allows_metric_topic(std::string_view topic, const NameOfTopic& name_of) const;

  /// `request`: patterns without a fault, none for everything. Every topic that a pattern of what
  /// is left matches is matched by a pattern of the request and by a grant, and the other way
  /// round. `name_of`: null where there are no metrics; then grants by name give nothing.
  Result<Cut, CutFault> cut(std::span<const std::string> request,
                            const NameOfTopic& name_of = nullptr) const;

  /// Topics, and globs behind `metric:`, as they are written.
  std::vector<std::string> texts() const;
  /// The same of what is left of a request: its patterns, and the globs if some are by name.
  std::vector<std::string> texts_of(const Cut& cut) const;

  /// Without those that others cover.
  const std::vector<std::string>& topics() const { return topics_; }
  /// Globs, without `metric:`.
  const std::vector<std::string>& metrics() const { return metrics_; }

  friend bool operator==(const Grants&, const Grants&) = default;

 private:
  bool reaches(const std::string& exact_topic, const NameOfTopic& name_of) const;
  void cut_one(std::string pattern, const NameOfTopic& name_of, Cut& cut) const;

  std::vector<std::string> topics_;
  std::vector<std::string> metrics_;
};

}  // namespace sse::auth
