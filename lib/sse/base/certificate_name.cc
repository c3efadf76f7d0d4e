#include "sse/base/certificate_name.h"

#include <algorithm>

#include "sse/base/ascii.h"

namespace sse {
namespace {

constexpr std::size_t kFingerprint = 64;  // hex digits of a SHA-256

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(), to_lower);
  return made;
}

/// 64 hex digits; empty when the text has others.
std::string fingerprint(std::string_view text) {
  std::string digits = lower(text);
  digits.erase(std::remove(digits.begin(), digits.end(), ':'), digits.end());
  const bool is_hex =
      std::all_of(digits.begin(), digits.end(), [](char c) { return hex_value(c) >= 0; });
  if (digits.size() != kFingerprint || !is_hex) digits.clear();
  return digits;
}

}  // namespace

std::optional<std::string> certificate_name(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  const std::string_view kind = text.substr(0, colon + 1);
  const std::string_view value = text.substr(colon + 1);
  if (value.find('\0') != std::string_view::npos) return std::nullopt;
  if (kind == "dns:") return std::string(kind) + lower(value);
  if (kind == "uri:" || kind == "cn:") return std::string(text);
  if (kind == "email:") {
    const auto host = std::min(value.rfind('@'), value.size());
    return std::string(kind).append(value.substr(0, host)) + lower(value.substr(host));
  }
  if (kind != "sha256:") return std::nullopt;
  const std::string digits = fingerprint(value);
  if (digits.empty()) return std::nullopt;
  return std::string(kind) + digits;
}

}  // namespace sse
