#pragma once

/// \file
/// A run of entries as bytes: what a journal keeps, or sends to other nodes. Little-endian:
///
// clang-format off
///     u32 CRC-32C of everything behind it
///     u8  version (1) | u8[3] zero
///     u32 number of events
///     u32 epoch of all of them
///     u64 sequence of the first; the others follow densely
///     u64 unix milliseconds in all of their ids
///     for each event: u32 size of its block | u16 of its type | u16 of its topic
///     for each event: block (its id filled in), type, topic
// clang-format on
///
/// A chunk has no rows: a journal keeps them beside it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/keyed_hash.h"
#include "sse/base/result.h"
#include "sse/log/entry.h"
#include "sse/wire/event_id.h"

namespace sse::log {

inline constexpr std::size_t kMaxChunkEvents = 256;
inline constexpr std::size_t kMaxChunkBytes = std::size_t{256} << 10U;  ///< of blocks, or one event

/// The entries at the front that fit one chunk: with one epoch and one time, within the limits; a
/// larger event alone. At least one of `entries`, which is not empty.
SSE_EXPORT std::span<const Entry> chunk_of(std::span<const Entry> entries);

/// REQUIRES: `entries` fit one chunk.
SSE_EXPORT std::string encode_chunk(std::span<const Entry> entries);
/// The same, in place of what is in `out`, whose memory serves again.
SSE_EXPORT void encode_chunk(std::span<const Entry> entries, std::string& out);

/// What a chunk says of itself.
struct ChunkHeader {
  std::size_t count = 0;
  wire::Epoch epoch = 0;
  wire::Sequence first = 0;
  std::chrono::milliseconds time{0};
};

/// The header of a chunk whose checksum is right. Error: kInvalid.
SSE_EXPORT Result<ChunkHeader> read_chunk_header(std::string_view bytes);

/// The entries of a chunk, without rows; their views are of `bytes`. Error: kInvalid, for anything
/// that encode_chunk() does not write: a wrong checksum, sizes that do not add up, a block that is
/// not an event's or whose id is another.
SSE_EXPORT Result<std::vector<Entry>> decode_chunk(std::string_view bytes, const KeyedHash& hash);

}  // namespace sse::log
