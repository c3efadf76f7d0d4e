#pragma once

/// \file
/// Numbers in Prometheus' text format 0.0.4.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sse/base/export.h"

namespace sse::api {

inline constexpr char kExpositionType[] = "text/plain; version=0.0.4; charset=utf-8";

/// Writes families one after the other: a head, then its samples.
///
///     out.counter("sse_things_total", "Things that happened.");
///     out.sample({{"kind", "good"}}, 7);
///
/// Names follow Prometheus' rules: base units (seconds, bytes), `_total` at a counter's end. They,
/// and the names of labels, are the program's; a label's value may be any text. Thread-compatible.
class SSE_EXPORT Exposition {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::initializer_list<Label>;

  void counter(std::string_view name, std::string_view help) { family(name, "counter", help); }
  void gauge(std::string_view name, std::string_view help) { family(name, "gauge", help); }
  void histogram(std::string_view name, std::string_view help) { family(name, "histogram", help); }

  void sample(std::uint64_t value) { sample(Labels{}, value); }
  void sample(double value) { sample(Labels{}, value); }
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, double value);

  /// One histogram: `counts` has one number more than `bounds`, each its own bucket's (they are
  /// added up here); `sum` of all that was observed.
  void buckets(Labels labels, std::span<const double> bounds, std::span<const std::uint64_t> counts,
               double sum);

  const std::string& text() const { return text_; }

 private:
  void family(std::string_view name, std::string_view type, std::string_view help);
  void start_sample(std::string_view suffix, Labels labels, const Label* last = nullptr);
  void append_label(const Label& label);

  std::string name_;  // of the family
  std::string text_;
};

}  // namespace sse::api
