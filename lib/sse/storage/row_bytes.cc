#include "sse/storage/row_bytes.h"

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>

#include "sse/base/check.h"

namespace sse::storage {
namespace {

constexpr std::size_t kWord = 8;
constexpr std::size_t kMetricSize = kWord;  // without the unit
constexpr std::size_t kReadingSize = 4 * kWord;

// Both are on the way of every reading: where memory has the same order, a word is one instruction.
constexpr bool kIsLittleEndian = std::endian::native == std::endian::little;

void put_word(char* bytes, std::size_t index, std::uint64_t word) {
  if constexpr (kIsLittleEndian) {
    std::memcpy(bytes + index * kWord, &word, kWord);
    return;
  }
  for (std::size_t i = 0; i < kWord; ++i) {
    bytes[index * kWord + i] = static_cast<char>(word >> 8 * i & 0xFFU);
  }
}

std::uint64_t word_at(std::string_view bytes, std::size_t index) {
  std::uint64_t word = 0;
  if constexpr (kIsLittleEndian) {
    std::memcpy(&word, bytes.data() + index * kWord, kWord);
    return word;
  }
  for (std::size_t i = kWord; i-- > 0;) {
    word = word << 8U | static_cast<unsigned char>(bytes[index * kWord + i]);
  }
  return word;
}

}  // namespace

std::string metric_bytes(const domain::Metric& metric) {
  std::string bytes(kMetricSize, '\0');
  put_word(bytes.data(), 0, static_cast<std::uint64_t>(metric.input_frequency.count()));
  return bytes += metric.unit;
}

domain::Metric read_metric(const Uuid& id, std::string_view name, std::string_view bytes) {
  SSE_CHECK(bytes.size() >= kMetricSize);
  return {id, std::string(name),
          std::chrono::nanoseconds(static_cast<std::int64_t>(word_at(bytes, 0))),
          std::string(bytes.substr(kMetricSize))};
}

std::array<char, kReadingSize> reading_bytes(const domain::Reading& reading) {
  std::array<char, kReadingSize> bytes;
  put_word(bytes.data(), 0, reading.id.high);
  put_word(bytes.data(), 1, reading.id.low);
  put_word(bytes.data(), 2, std::bit_cast<std::uint64_t>(reading.value));
  put_word(bytes.data(), 3,
           static_cast<std::uint64_t>(reading.timestamp.time_since_epoch().count()));
  return bytes;
}

domain::Reading read_reading(const Uuid& metric_id, std::string_view bytes) {
  SSE_CHECK(bytes.size() == kReadingSize);
  const WallTime timestamp{WallTime::duration(static_cast<std::int64_t>(word_at(bytes, 3)))};
  return {{word_at(bytes, 0), word_at(bytes, 1)},
          metric_id,
          std::bit_cast<double>(word_at(bytes, 2)),
          timestamp};
}

}  // namespace sse::storage
