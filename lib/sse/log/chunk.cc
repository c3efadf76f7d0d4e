#include "sse/log/chunk.h"

#include <algorithm>
#include <chrono>

#include "sse/base/check.h"
#include "sse/base/crc32.h"
#include "sse/base/little_endian.h"
#include "sse/base/uuid.h"
#include "sse/wire/encoder.h"

namespace sse::log {
namespace {

constexpr unsigned char kVersion = 1;
constexpr std::size_t kChecksumSize = 4;
constexpr std::size_t kHeaderSize = 32;
constexpr std::size_t kIndexSize = 8;  // of an event
constexpr std::uint64_t kMaxUnixTime = (std::uint64_t{1} << 48U) - 1;

std::size_t encoded_size(std::span<const Entry> entries) {
  std::size_t size = kHeaderSize + kIndexSize * entries.size();
  for (const Entry& entry : entries) {
    size += entry.block.size() + entry.type.text.size() + entry.topic.text.size();
  }
  return size;
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  return number_of({bytes.data() + at, size}, size);
}

Error damaged(const char* why) {
  return {ErrorCode::kInvalid, std::string("a chunk of the log is damaged: ") + why};
}

/// Whether `block` is an event's, with this id in its place.
bool is_block_of(std::string_view block, const wire::EventId& id) {
  const auto text = uuid_chars(id.uuid());
  return block.starts_with("id: ") && block.ends_with("\n\n") &&
         block.substr(wire::kIdOffset, text.size()) == std::string_view(text.data(), text.size()) &&
         block.substr(wire::kIdOffset + text.size()).starts_with("\n");
}

}  // namespace

std::span<const Entry> chunk_of(std::span<const Entry> entries) {
  const wire::EventId& first = entries.front().id;
  std::size_t bytes = entries.front().block.size();
  std::size_t count = 1;
  for (; count < std::min(entries.size(), kMaxChunkEvents); ++count) {
    const Entry& next = entries[count];
    bytes += next.block.size();
    if (bytes > kMaxChunkBytes || next.id.epoch() != first.epoch() ||
        next.id.unix_time() != first.unix_time()) {
      break;
    }
  }
  return entries.first(count);
}

std::string encode_chunk(std::span<const Entry> entries) {
  std::string out;
  encode_chunk(entries, out);
  return out;
}

void encode_chunk(std::span<const Entry> entries, std::string& out) {
  SSE_CHECK(!entries.empty() && chunk_of(entries).size() == entries.size());
  const wire::EventId& first = entries.front().id;
  out.clear();
  out.reserve(encoded_size(entries));
  append_number(out, 0, kChecksumSize);
  append_number(out, kVersion, 4);
  append_number(out, entries.size(), 4);
  append_number(out, first.epoch(), 4);
  append_number(out, first.sequence(), 8);
  append_number(out, static_cast<std::uint64_t>(first.unix_time().count()), 8);
  for (const Entry& entry : entries) {
    append_number(out, entry.block.size(), 4);
    append_number(out, entry.type.text.size(), 2);
    append_number(out, entry.topic.text.size(), 2);
  }
  for (const Entry& entry : entries) {
    const std::size_t block = out.size();
    out.append(entry.block).append(entry.type.text).append(entry.topic.text);
    wire::set_id(out.data() + block, entry.id);
  }
  std::string checksum;
  append_number(checksum, crc32c(std::string_view(out).substr(kChecksumSize)), kChecksumSize);
  out.replace(0, kChecksumSize, checksum);
}

Result<ChunkHeader> read_chunk_header(std::string_view bytes) {
  if (bytes.size() < kHeaderSize) return damaged("it is cut off");
  if (number_at(bytes, 0, kChecksumSize) != crc32c(bytes.substr(kChecksumSize))) {
    return damaged("its checksum is wrong");
  }
  if (number_at(bytes, 4, 4) != kVersion) return damaged("its version is not known");
  const std::uint64_t count = number_at(bytes, 8, 4);
  const std::uint64_t epoch = number_at(bytes, 12, 4);
  const std::uint64_t first = number_at(bytes, 16, 8);
  const std::uint64_t time = number_at(bytes, 24, 8);
  const bool is_numbered = first > 0 && first <= wire::kMaxSequence && count > 0 &&
                           count <= kMaxChunkEvents && wire::kMaxSequence - first >= count - 1;
  if (!is_numbered || epoch > wire::kMaxEpoch || time > kMaxUnixTime) {
    return damaged("its numbers are out of range");
  }
  return ChunkHeader{count, static_cast<wire::Epoch>(epoch), first,
                     std::chrono::milliseconds(static_cast<std::int64_t>(time))};
}

Result<std::vector<Entry>> decode_chunk(std::string_view bytes, const KeyedHash& hash) {
  const ChunkHeader header = SSE_TRY(read_chunk_header(bytes));
  std::size_t next = kHeaderSize + header.count * kIndexSize;
  if (bytes.size() < next) return damaged("it is cut off");
  std::vector<Entry> entries;
  entries.reserve(header.count);
  for (std::size_t i = 0; i < header.count; ++i) {
    const std::size_t index = kHeaderSize + i * kIndexSize;
    const std::size_t block_size = number_at(bytes, index, 4);
    const std::size_t type_size = number_at(bytes, index + 4, 2);
    const std::size_t topic_size = number_at(bytes, index + 6, 2);
    if (bytes.size() - next < block_size + type_size + topic_size) return damaged("it is cut off");
    if (type_size > kMaxNameSize || topic_size > kMaxNameSize) return damaged("a name is too long");
    const auto id = wire::EventId::make(header.time, header.epoch, header.first + i);
    const std::string_view block = bytes.substr(next, block_size);
    if (!is_block_of(block, id)) return damaged("an event is not where it should be");
    next += block_size;
    entries.push_back({id,
                       block,
                       NameKey(bytes.substr(next, type_size), hash),
                       NameKey(bytes.substr(next + type_size, topic_size), hash),
                       {},
                       {}});
    next += type_size + topic_size;
  }
  if (next != bytes.size()) return damaged("something follows its end");
  if (chunk_of(entries).size() != entries.size()) return damaged("it is larger than chunks are");
  return entries;
}

}  // namespace sse::log
