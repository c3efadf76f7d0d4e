#include "sse/base/uuid.h"

#include "sse/base/random.h"

namespace sse {
namespace {

constexpr bool is_dash_position(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::array<char, kUuidLength> uuid_chars(const Uuid& uuid) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::array<char, kUuidLength> text{};
  std::size_t at = 0;
  for (unsigned byte = 0; byte < 16; ++byte) {
    const std::uint64_t half = byte < 8 ? uuid.high : uuid.low;
    const std::uint64_t bits = half >> (56 - 8 * (byte % 8));
    text[at++] = kDigits[bits >> 4 & 0xF];
    text[at++] = kDigits[bits & 0xF];
    if (is_dash_position(at)) text[at++] = '-';
  }
  return text;
}

std::string to_string(const Uuid& uuid) {
  const auto text = uuid_chars(uuid);
  return {text.data(), text.size()};
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kUuidLength) return std::nullopt;
  Uuid uuid;
  unsigned nibble = 0;
  for (std::size_t i = 0; i < kUuidLength; ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    std::uint64_t& half = nibble < 16 ? uuid.high : uuid.low;
    half = (half << 4) | static_cast<std::uint64_t>(value);
    ++nibble;
  }
  return uuid;
}

Uuid make_uuid_v7(WallTime time, RandomSource& random) {
  const auto ms = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
  constexpr std::uint64_t kVersion7 = 0x7000;
  constexpr std::uint64_t kVariant = std::uint64_t{0b10} << 62;
  return {(ms << 16) | kVersion7 | (random.next() & 0x0FFF), kVariant | (random.next() >> 2)};
}

}  // namespace sse
