#include "sse/api/exposition.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "sse/json/writer.h"

namespace sse::api {
namespace {

void append_number(std::string& out, double value) {
  if (std::isfinite(value)) return json::append_number(out, value);
  out += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/// Bounds are compared as text: 0.0001, as is usual, not 1e-04.
std::string format_bound(double bound) {
  std::array<char, 400> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), bound, std::chars_format::fixed).ptr;
  return {digits.begin(), end};
}

/// Of a label's value; of a help text the quotes stay.
void append_escaped(std::string& out, std::string_view text, bool with_quotes) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && with_quotes)) {
      out.append({'\\', c});
    } else {
      out += c;
    }
  }
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ");
  append_escaped(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::sample(Labels labels, std::uint64_t value) {
  start_sample("", labels);
  text_.append(std::to_string(value)).append("\n");
}

void Exposition::sample(Labels labels, double value) {
  start_sample("", labels);
  append_number(text_, value);
  text_ += '\n';
}

void Exposition::buckets(Labels labels, std::span<const double> bounds,
                         std::span<const std::uint64_t> counts, double sum) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    const std::string bound = i < bounds.size() ? format_bound(bounds[i]) : "+Inf";
    const Label le{"le", bound};
    start_sample("_bucket", labels, &le);
    text_.append(std::to_string(below)).append("\n");
  }
  start_sample("_sum", labels);
  append_number(text_, sum);
  text_ += '\n';
  start_sample("_count", labels);
  text_.append(std::to_string(below)).append("\n");
}

void Exposition::start_sample(std::string_view suffix, Labels labels, const Label* last) {
  text_.append(name_).append(suffix);
  if (labels.size() > 0 || last != nullptr) {
    text_ += '{';
    for (const auto& label : labels) append_label(label);
    if (last != nullptr) append_label(*last);
    text_.back() = '}';  // instead of the last comma
  }
  text_ += ' ';
}

void Exposition::append_label(const Label& label) {
  text_.append(label.first).append("=\"");
  append_escaped(text_, label.second, true);
  text_ += "\",";
}

}  // namespace sse::api
