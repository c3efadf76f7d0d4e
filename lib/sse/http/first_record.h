#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sse::http {

/// What the first bytes of a connection are, where TLS is expected.
enum class FirstRecord : std::uint8_t {
  kPart,       ///< of a ClientHello, as far as they go
  kWhole,      ///< the first record of a ClientHello is there
  kPlainHttp,  ///< a request line begins with a letter
  kOther,      ///< neither
};

/// Of a record, with its header (RFC 8446 section 5.1).
inline constexpr std::size_t kMostInFirstRecord = 5 + (16U << 10U);

FirstRecord judge_first_record(std::string_view bytes);

}  // namespace sse::http
