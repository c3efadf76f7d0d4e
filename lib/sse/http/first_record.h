#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sse::http {

/// What the first bytes of a connection are, where TLS is expected.
enum class FirstRecord : std::uint8_t {
  kPart,       ///< of a ClientHello, as far as they go
  kWhole,      ///< all of a ClientHello is there, in one record
  kPlainHttp,  ///< a request line begins with a letter
  kOther,      ///< neither
};

/// Of a record, with its header (RFC 8446 section 5.1).
inline constexpr std::size_t kMostInFirstRecord = 5 + (16U << 10U);

/// A hello in several records is kOther: no client of note sends one, and what announces more than
/// it sends would have memory for all of it.
FirstRecord judge_first_record(std::string_view bytes);

}  // namespace sse::http
