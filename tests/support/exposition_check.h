#pragma once

/// \file
/// What `promtool check metrics` would say of a text in Prometheus' format 0.0.4.

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sse::test {

/// A text as it was read: what is wrong with it, and its samples.
struct CheckedExposition {
  std::vector<std::string> complaints;
  std::vector<std::string> families;      ///< in order
  std::map<std::string, double> samples;  ///< by `name{label="value",...}`, as written

  double at(const std::string& series) const;
};

/// Complains of: lines that are neither a comment nor a sample, names and labels that are
/// malformed, samples before the HELP and TYPE of their family or apart from it, families and
/// series that come twice, values that are not numbers, counters without `_total` or below 0, other
/// types with it, units that are not base units, help that is empty, and histograms whose buckets
/// are not in order, not cumulative, do not end in +Inf, or differ from their count.
CheckedExposition check_exposition(std::string_view text);

}  // namespace sse::test
