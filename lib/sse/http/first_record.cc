#include "sse/http/first_record.h"

#include "sse/base/ascii.h"

namespace sse::http {
namespace {

// RFC 8446 section 5.1 and 4: a record of type handshake, major version 3, with a ClientHello.
constexpr unsigned kHandshake = 22;
constexpr unsigned kMajorVersion = 3;
constexpr unsigned kClientHello = 1;
constexpr std::size_t kHeader = 5;
constexpr std::size_t kLeast = 4;  // type and length of the message

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

FirstRecord judge_first_record(std::string_view bytes) {
  const auto differs = [bytes](std::size_t at, unsigned expected) {
    return bytes.size() > at && byte_at(bytes, at) != expected;
  };
  if (!bytes.empty() && is_letter(bytes[0])) return FirstRecord::kPlainHttp;
  if (differs(0, kHandshake) || differs(1, kMajorVersion) || differs(kHeader, kClientHello)) {
    return FirstRecord::kOther;
  }
  if (bytes.size() < kHeader) return FirstRecord::kPart;
  const std::size_t length = byte_at(bytes, 3) << 8U | byte_at(bytes, 4);
  if (length < kLeast || length > kMostInFirstRecord - kHeader) return FirstRecord::kOther;
  if (bytes.size() < kHeader + kLeast) return FirstRecord::kPart;
  const std::size_t message =
      byte_at(bytes, 6) << 16U | byte_at(bytes, 7) << 8U | byte_at(bytes, 8);
  if (kLeast + message > length) return FirstRecord::kOther;
  return bytes.size() < kHeader + length ? FirstRecord::kPart : FirstRecord::kWhole;
}

}  // namespace sse::http
