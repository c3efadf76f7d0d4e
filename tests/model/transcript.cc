#include "model/transcript.h"

#include <cctype>
#include <cstdlib>
#include <utility>

namespace sse::model {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
    if (lower(text[i]) != lower(prefix[i])) return false;
  }
  return true;
}

/// What stands behind `name: `, if the line is of that field.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name) || line.substr(name.size(), 2) != ": ") return std::nullopt;
  return line.substr(name.size() + 2);
}

}  // namespace

bool Transcript::take(std::string_view bytes, Time now) {
  if (!has_head_) {
    head_ += bytes;
    const auto end = head_.find(kEndOfHead);
    if (end == std::string::npos) return fault_.empty();
    const std::string rest = head_.substr(end + kEndOfHead.size());
    head_.resize(end + kEndOfHead.size());
    has_head_ = true;
    is_stream_ = field("Content-Type").starts_with("text/event-stream");
    if (test::says_chunked(head_)) chunks_.emplace();
    take_body(rest, now);
  } else {
    take_body(bytes, now);
  }
  return fault_.empty();
}

int Transcript::status() const {
  return head_.size() < 12 ? 0 : std::atoi(head_.c_str() + 9);
}

std::string Transcript::field(std::string_view name) const {
  std::string_view rest = head_;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    if (starts_with_ignoring_case(line, name) && line.substr(name.size(), 2) == ": ") {
      return std::string(line.substr(name.size() + 2));
    }
  }
  return {};
}

void Transcript::take_body(std::string_view bytes, Time now) {
  std::string text(bytes);
  if (chunks_ && is_stream_) {
    text.clear();
    if (!chunks_->take(bytes, text)) return fail("framing: " + chunks_->fault());
  }
  if (!is_stream_) {
    body_ += text;
    return;
  }
  if (const auto parsed = parser_.push(text); !parsed) return fail("the stream cannot be parsed");
  if (!strict_.take(text)) return fail("stream: " + strict_.fault());
  for (const char c : text) {
    if (c == '\n') {
      end_line(now);
    } else {
      line_.push_back(c);
    }
  }
}

void Transcript::end_line(Time now) {
  std::string line = std::exchange(line_, {});
  if (line.empty()) return end_block(now);
  if (!line.starts_with(':')) {
    lines_.push_back(std::move(line));
    return;
  }
  // A comment is not part of a block; only the first `retry:` stands before one.
  if (lines_.size() == 1 && lines_.front().starts_with("retry: ")) {
    add(Item::Kind::kRetry, lines_.front(), now);
    items_.back().retry_ms = std::strtoull(lines_.front().c_str() + 7, nullptr, 10);
    lines_.clear();
  }
  if (!lines_.empty()) return fail("a comment inside a block, behind " + lines_.back());
  add(Item::Kind::kComment, line.substr(1), now);
}

void Transcript::end_block(Time now) {
  const std::vector<std::string> lines = std::exchange(lines_, {});
  if (lines.empty()) return fail("an empty block");
  const auto id = value_of(lines[0], "id");
  if (id && lines.size() == 1) return add(Item::Kind::kIdOnly, std::string(*id), now);
  if (id) {
    std::string block;
    for (const auto& line : lines) block.append(line).push_back('\n');
    add(Item::Kind::kEvent, block + '\n', now);
    items_.back().id = *id;
    return;
  }
  const auto retry = value_of(lines[0], "retry");
  const std::size_t first = retry ? 1 : 0;
  if (lines.size() != first + 2) return fail("an unknown block that begins with " + lines[0]);
  const auto type = value_of(lines[first], "event");
  const auto data = value_of(lines[first + 1], "data");
  if (!data || !type) return fail("an unknown block that begins with " + lines[0]);
  if (*type == "sse.gap" && !retry) return add(Item::Kind::kGap, std::string(*data), now);
  if (*type != "sse.closing" || !retry) return fail("an event of the hub's own: " + lines[first]);
  add(Item::Kind::kClosing, std::string(*data), now);
  items_.back().retry_ms = std::strtoull(std::string(*retry).c_str(), nullptr, 10);
}

void Transcript::add(Item::Kind kind, std::string text, Time now) {
  items_.push_back({kind, std::move(text), {}, 0, now});
}

}  // namespace sse::model
