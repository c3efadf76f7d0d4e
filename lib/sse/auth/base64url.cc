#include "sse/auth/base64url.h"

#include <array>
#include <cstdint>

namespace sse::auth {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr unsigned kBitsOfCharacter = 6;
constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kNone;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr auto kValues = make_values();

/// Bits of the last character that no byte has.
constexpr std::uint32_t stray_bits(std::size_t size) {
  return size % 4 == 0 ? 0 : (1U << (size * kBitsOfCharacter % 8)) - 1;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text;
  text.reserve(base64url_size(bytes.size()));
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(byte);
    for (count += 8; count >= kBitsOfCharacter;) {
      count -= kBitsOfCharacter;
      text += kAlphabet[(bits >> count) & 0x3FU];
    }
  }
  if (count > 0) text += kAlphabet[(bits << (kBitsOfCharacter - count)) & 0x3FU];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char character : text) {
    const auto value = kValues[static_cast<unsigned char>(character)];
    if (value == kNone) return std::nullopt;
    bits = (bits << kBitsOfCharacter) | value;
    count += kBitsOfCharacter;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xFFU);
  }
  const std::uint32_t stray = bits & ((1U << count) - 1);
  if (stray != 0) return std::nullopt;
  return bytes;
}

bool is_base64url(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() % 4 == 1) return false;
  std::uint32_t all = 0;
  for (const char character : text) all |= kValues[static_cast<unsigned char>(character)];
  const std::uint32_t last = kValues[static_cast<unsigned char>(text.back())];
  return all >> kBitsOfCharacter == 0 && (last & stray_bits(text.size())) == 0;
}

}  // namespace sse::auth
