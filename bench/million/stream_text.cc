#include "million/stream_text.h"

#include <charconv>
#include <functional>
#include <optional>

#include "support/chunked.h"

namespace sse::bench {
namespace {

constexpr std::string_view kHead = "HTTP/1.1 200";
constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kEndOfBlock = "\n\n";

// The last 12 digits of an id: its sequence (docs/stream.md).
std::optional<std::uint64_t> sequence_of(std::string_view id) {
  constexpr std::size_t kDigits = 12;
  std::uint64_t sequence = 0;
  const auto digits = id.substr(id.size() < kDigits ? 0 : id.size() - kDigits);
  const auto* end = digits.data() + digits.size();
  const auto [read, error] = std::from_chars(digits.data(), end, sequence, 16);
  if (digits.size() != kDigits || read != end || error != std::errc()) return std::nullopt;
  return sequence;
}

struct Block {
  std::string_view id;
  std::string_view type;
  std::string_view topic;
  bool has_data = false;
  bool has_retry = false;
};

Block read_block(std::string_view lines) {
  Block block;
  const auto take = [](std::string_view line, std::string_view field, std::string_view& value) {
    if (line.starts_with(field)) value = line.substr(field.size());
  };
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    take(line, "id: ", block.id);
    take(line, "event: ", block.type);
    take(line, "topic: ", block.topic);
    block.has_data = block.has_data || line.starts_with("data: ");
    block.has_retry = block.has_retry || line.starts_with("retry: ");
  }
  return block;
}

void note_event(const Block& block, StreamText& text) {
  const auto sequence = sequence_of(block.id);
  if (!sequence) {
    text.is_broken = true;
    return;
  }
  const std::uint64_t topic = topic_hash(block.topic);
  if (text.events == 0) text.first = *sequence;
  text.topics = text.events == 0 || text.topics == topic ? topic : 0;
  text.is_ascending = text.is_ascending && *sequence > text.last;
  text.last = *sequence;
  ++text.events;
}

StreamText read_blocks(std::string_view bytes, bool has_head) {
  StreamText text;
  while (!bytes.empty()) {
    if (bytes.front() == ':' && bytes.find('\n') != std::string_view::npos) {
      bytes.remove_prefix(bytes.find('\n') + 1);
      if (!has_head) ++text.heartbeats;
      continue;
    }
    const auto end = bytes.find(kEndOfBlock);
    if (end == std::string_view::npos) {
      text.is_broken = true;
      return text;
    }
    const Block block = read_block(bytes.substr(0, end + 1));
    bytes.remove_prefix(end + kEndOfBlock.size());
    if (block.type == "sse.closing") {
      ++text.closings;
    } else if (block.type == "sse.gap") {
      ++text.gaps;
    } else if (block.has_data) {
      note_event(block, text);
    } else if (!has_head && !block.has_retry) {
      ++text.heartbeats;
    }
  }
  return text;
}

StreamText read_write(std::string_view bytes) {
  const bool has_head = bytes.starts_with(kHead);
  if (has_head) bytes.remove_prefix(bytes.find(kEndOfHead) + kEndOfHead.size());
  std::string text;
  test::ChunkReader chunks;
  const bool is_right = chunks.take(bytes, text);
  StreamText read = read_blocks(text, has_head);
  read.is_broken =
      read.is_broken || !is_right || !(chunks.is_between_chunks() || chunks.has_ended());
  return read;
}

}  // namespace

std::uint64_t topic_hash(std::string_view topic) {
  return std::hash<std::string_view>()(topic) | 1U;
}

const StreamText& StreamReader::read(std::string_view bytes) {
  if (bytes != bytes_) {
    text_ = read_write(bytes);
    bytes_ = bytes;
  }
  return text_;
}

}  // namespace sse::bench
