#include "sse/base/uuid.h"

#include "sse/base/random.h"

namespace sse {
namespace {

// What a byte is in text: ids are written and read with each event and each reading.
constexpr auto kHexPairs = [] {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) {
    pairs[byte] = {kDigits[byte >> 4U], kDigits[byte & 0xFU]};
  }
  return pairs;
}();

constexpr std::uint8_t kNoDigit = 0xFF;

constexpr auto kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t value = 0; value < 16; ++value) {
    const std::size_t digit = value < 10 ? '0' + value : 'a' + value - 10U;
    values[digit] = value;
    if (value >= 10) values[digit - 'a' + 'A'] = value;
  }
  return values;
}();

// Where the bytes of a half stand, as pairs of digits, between the dashes.
constexpr std::array<std::size_t, 8> kHighPlaces = {0, 2, 4, 6, 9, 11, 14, 16};
constexpr std::array<std::size_t, 8> kLowPlaces = {19, 21, 24, 26, 28, 30, 32, 34};
constexpr std::array<std::size_t, 4> kDashes = {8, 13, 18, 23};

void write_half(std::uint64_t half, const std::array<std::size_t, 8>& places, char* text) {
  unsigned shift = 56;
  for (const std::size_t place : places) {
    const auto& pair = kHexPairs[half >> shift & 0xFFU];
    text[place] = pair[0];
    text[place + 1] = pair[1];
    shift -= 8;
  }
}

std::uint8_t digit_at(std::string_view text, std::size_t place) {
  return kHexValues[static_cast<unsigned char>(text[place])];
}

// False: not all of it are digits.
bool read_half(std::string_view text, const std::array<std::size_t, 8>& places,
               std::uint64_t& half) {
  unsigned seen = 0;
  for (const std::size_t place : places) {
    const unsigned high = digit_at(text, place);
    const unsigned low = digit_at(text, place + 1);
    seen |= high | low;
    half = half << 8U | (high << 4U | low);
  }
  return seen < 16;
}

}  // namespace

std::array<char, kUuidLength> uuid_chars(const Uuid& uuid) {
  std::array<char, kUuidLength> text;
  write_half(uuid.high, kHighPlaces, text.data());
  write_half(uuid.low, kLowPlaces, text.data());
  for (const std::size_t dash : kDashes) text[dash] = '-';
  return text;
}

std::string to_string(const Uuid& uuid) {
  const auto text = uuid_chars(uuid);
  return {text.data(), text.size()};
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kUuidLength) return std::nullopt;
  for (const std::size_t dash : kDashes) {
    if (text[dash] != '-') return std::nullopt;
  }
  Uuid uuid;
  if (!read_half(text, kHighPlaces, uuid.high) || !read_half(text, kLowPlaces, uuid.low)) {
    return std::nullopt;
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
