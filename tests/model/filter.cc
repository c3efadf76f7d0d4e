#include "model/filter.h"

#include <algorithm>

namespace sse::model {
namespace {

/// Takes the first level off `path`.
std::string_view take_level(std::string_view& path, bool& is_last) {
  const auto slash = path.find('/');
  is_last = slash == std::string_view::npos;
  const auto level = path.substr(0, slash);
  path = is_last ? std::string_view() : path.substr(slash + 1);
  return level;
}

bool fits_levels(std::string_view pattern, std::string_view topic) {
  bool last_wanted = false;
  const auto wanted = take_level(pattern, last_wanted);
  if (wanted == "#" || wanted == "**") return true;
  bool last_level = false;
  const auto level = take_level(topic, last_level);
  if (wanted != "+" && wanted != "*" && wanted != level) return false;
  if (last_wanted) return last_level;
  // `a/#` fits `a`, too.
  if (last_level) return pattern == "#" || pattern == "**";
  return fits_levels(pattern, topic);
}

}  // namespace

bool fits_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return fits_glob(pattern.substr(1), text) ||
           (!text.empty() && fits_glob(pattern, text.substr(1)));
  }
  if (text.empty()) return false;
  if (pattern.front() != '?' && pattern.front() != text.front()) return false;
  return fits_glob(pattern.substr(1), text.substr(1));
}

bool fits_topic(std::string_view pattern, std::string_view topic) {
  if (topic.empty()) return pattern == "#" || pattern == "**";
  return fits_levels(pattern, topic);
}

bool Filter::wants(std::string_view type, std::string_view topic) const {
  const auto fits_any = [](const auto& patterns, const auto& fits) {
    return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), fits);
  };
  return fits_any(types, [&](const auto& pattern) { return fits_glob(pattern, type); }) &&
         fits_any(topics, [&](const auto& pattern) { return fits_topic(pattern, topic); });
}

std::string Filter::query() const {
  std::string text;
  for (const auto& type : types) text += "&type=" + encoded(type);
  for (const auto& topic : topics) text += "&topic=" + encoded(topic);
  return text;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/';
    if (is_plain) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
  return out;
}

}  // namespace sse::model
