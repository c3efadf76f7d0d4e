#pragma once

/// \file
/// The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), and `-Age` beside it.

#include <chrono>
#include <optional>
#include <string>

#include "sse/base/result.h"

namespace sse::http {
struct Request;
}

namespace sse::gate {

inline constexpr char kIdempotencyKeyHeader[] = "Idempotency-Key";
inline constexpr char kIdempotencyKeyAgeHeader[] = "Idempotency-Key-Age";

/// A longer one would make keys, not answers, fill the memory that is kept for both.
inline constexpr std::size_t kMaxIdempotencyKey = 255;

/// The key of a request; nullopt when it has none. A quoted string, as the draft has it (printable
/// ASCII; `\"` and `\\`), or a bare word: both spellings of the same text are the same key. Error:
/// kInvalid for a header that is empty, too long, given twice or neither of the two.
Result<std::optional<std::string>> read_idempotency_key(const http::Request& request);

/// For how long the key of a request has been in use: since before its first try was sent. Seconds,
/// with up to three digits behind a point; nullopt when the request does not say. Error: kInvalid.
Result<std::optional<std::chrono::nanoseconds>> read_idempotency_key_age(
    const http::Request& request);

}  // namespace sse::gate
