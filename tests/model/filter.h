#pragma once

/// \file
/// What a subscriber of the model wants, matched by docs/stream.md and not by the hub's code.

#include <string>
#include <string_view>
#include <vector>

namespace sse::model {

/// Whether `text` fits `pattern`: `*` is any text, `?` one character (ASCII only, here).
bool fits_glob(std::string_view pattern, std::string_view text);

/// Whether `topic` fits `pattern`: levels by `/`; `+` or `*` is one level, `#` or `**` the rest.
/// Only `#` and `**` fit an event without a topic.
bool fits_topic(std::string_view pattern, std::string_view topic);

/// Several of one kind: any of them. Both kinds: both.
struct Filter {
  std::vector<std::string> types;
  std::vector<std::string> topics;

  bool is_whole() const { return types.empty() && topics.empty(); }
  bool wants(std::string_view type, std::string_view topic) const;
  /// As parameters of a query, each behind an `&`.
  std::string query() const;
};

/// Percent-encoded for a query.
std::string encoded(std::string_view text);

}  // namespace sse::model
