#pragma once

/// \file
/// Which content coding an answer is sent in, by the request's Accept-Encoding (RFC 9110 section
/// 12.5.3).

#include <optional>
#include <span>
#include <string_view>

namespace sse::http {

enum class ContentCoding { kBrotli, kGzip, kIdentity };

/// As header fields have it: `br`, `gzip`, `identity`.
std::string_view name_of(ContentCoding coding);

/// The one of `available` that the peer weighs most; of equals, the first. `accept_encoding` is the
/// field's value: none, when the request has no such field, takes identity only, as peers that do
/// not speak of codings often cannot read them. Nothing: the peer takes none of them.
std::optional<ContentCoding> choose_coding(std::optional<std::string_view> accept_encoding,
                                           std::span<const ContentCoding> available);

}  // namespace sse::http
