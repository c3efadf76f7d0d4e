#include "report.h"

#include <cstdio>

#include "sse/json/string.h"

namespace sse::bench {
namespace {

std::string format(const char* form, double value) {
  char text[64];
  std::snprintf(text, sizeof text, form, value);
  return text;
}

std::string for_people(double value) {
  if (value >= 100'000 || value == static_cast<double>(static_cast<std::int64_t>(value))) {
    return format("%.0f", value);
  }
  return format(value >= 100 ? "%.1f" : "%.3f", value);
}

std::string with_unit(std::string text, std::string_view unit) {
  if (!unit.empty()) text.append(" ").append(unit);
  return text;
}

}  // namespace

void Report::add(std::string key, double value, std::string_view unit) {
  lines_.push_back({std::move(key), format("%.9g", value), with_unit(for_people(value), unit)});
}

void Report::add(std::string key, std::uint64_t value, std::string_view unit) {
  const auto text = std::to_string(value);
  lines_.push_back({std::move(key), text, with_unit(text, unit)});
}

void Report::add(std::string key, std::string_view text) {
  lines_.push_back({std::move(key), "\"" + std::string(text) + "\"", std::string(text)});
}

void Report::print(bool as_json) const {
  std::string out;
  for (const auto& line : lines_) {
    if (as_json) {
      out.append(out.empty() ? "{" : ", ")
          .append("\"")
          .append(line.key)
          .append("\": ")
          .append(line.json);
    } else {
      std::string label = line.key;
      for (auto& letter : label) {
        if (letter == '_') letter = ' ';
      }
      label.resize(std::max<std::size_t>(label.size() + 1, 26), ' ');
      out.append(label).append(line.text).append("\n");
    }
  }
  if (as_json) out += "}\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
}

}  // namespace sse::bench
