#pragma once

#include <cstdint>
#include <string_view>

#include "sse/base/export.h"

namespace sse {

/// CRC-32 of ISO 3309, as zlib, PNG and Ethernet have it: `123456789` is 0xCBF43926. `before`: of
/// the bytes that precede these, when a text comes in pieces.
SSE_EXPORT std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

/// CRC-32C (Castagnoli, RFC 3720 section 12.1), which finds more of the damage that disks do:
/// `123456789` is 0xE3069283. Some 10 GB/s where the processor has an instruction for it (x86-64
/// with SSE 4.2), else 1.5.
SSE_EXPORT std::uint32_t crc32c(std::string_view bytes);

}  // namespace sse
