#include "sse/wire/parser.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "sse/wire/line_ends.h"

namespace sse::wire {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::string_view kDefaultType = "message";

/// Only ASCII digits make a reconnection time; anything else is ignored, as the standard says.
std::optional<std::chrono::milliseconds> parse_reconnection_time(std::string_view value) {
  if (value.empty()) return std::nullopt;
  std::chrono::milliseconds time{0};
  for (const char c : value) {
    if (c < '0' || c > '9') return std::nullopt;
    time = std::min(time * 10 + std::chrono::milliseconds(c - '0'), kMaxReconnectionTime);
  }
  return time;
}

}  // namespace

Parser::Parser(EventSink& sink, std::size_t max_event_size)
    : sink_(sink), max_event_size_(max_event_size) {
}

Result<std::size_t> Parser::push(std::string_view bytes) {
  LineEnds ends(bytes);
  std::size_t at = skip_bom(bytes);
  while (at < bytes.size()) {
    if (state_ == State::kAfterReturn) {
      state_ = State::kInLine;
      if (bytes[at] == '\n') {
        ++at;
        continue;
      }
    }
    const std::size_t end = ends.next(at);
    const std::string_view piece = bytes.substr(at, end - at);
    if (buffered() + piece.size() > max_event_size_) {
      return Error{ErrorCode::kTooLarge, "reading the event stream: an event is larger than " +
                                             std::to_string(max_event_size_) + " bytes"};
    }
    if (end == bytes.size()) {
      line_.append(piece);
      break;
    }
    at = end + 1;
    state_ = bytes[end] == '\r' ? State::kAfterReturn : State::kInLine;
    if (!end_line(piece)) return at;
  }
  return bytes.size();
}

void Parser::reset() {
  state_ = State::kStart;
  line_.clear();
  event_ = {};
  has_id_ = false;
}

// A BOM that turns out not to be one was the start of the first line.
std::size_t Parser::skip_bom(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ <= State::kAfterBom2) {
    const auto matched = static_cast<std::size_t>(state_);
    if (bytes[at] != kBom[matched]) {
      line_.assign(kBom.substr(0, matched));
      state_ = State::kInLine;
      return at;
    }
    ++at;
    state_ = static_cast<State>(matched + 1);
  }
  return at;
}

bool Parser::end_line(std::string_view rest) {
  if (line_.empty()) return read_line(rest);  // the whole line is in the pushed bytes
  line_.append(rest);
  const bool go_on = read_line(line_);
  line_.clear();
  return go_on;
}

bool Parser::read_line(std::string_view line) {
  if (line.empty()) return end_block();
  const std::size_t colon = find_byte(line, ':', 0);
  if (colon == 0) {
    sink_.on_comment(line.substr(1));
    return true;
  }
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  set_field(line.substr(0, colon), value);
  return true;
}

void Parser::set_field(std::string_view name, std::string_view value) {
  if (name == "data") {
    event_.data.append(value).push_back('\n');
  } else if (name == "id") {
    if (value.find('\0') != std::string_view::npos) return;
    id_buffer_.assign(value);
    has_id_ = true;
  } else if (name == "event") {
    event_.type.assign(value);
  } else if (name == "topic") {
    event_.topic.assign(value);
  } else if (name == "retry") {
    if (const auto time = parse_reconnection_time(value)) sink_.on_retry(*time);
  }
}

bool Parser::end_block() {
  const bool id_moved = std::exchange(has_id_, false);
  if (id_moved) last_event_id_.swap(id_buffer_);
  bool go_on = true;
  if (!event_.data.empty()) {
    event_.data.pop_back();  // the last line's end; a lone `data` leaves empty data, still an event
    event_.id.assign(last_event_id_);
    if (event_.type.empty()) event_.type = kDefaultType;
    go_on = sink_.on_event(event_);
  } else if (id_moved) {
    sink_.on_id(last_event_id_);
  }
  event_.data.clear();  // what the sink left: the room is used again
  event_.type.clear();
  event_.topic.clear();
  return go_on;
}

std::size_t Parser::buffered() const {
  return line_.size() + event_.data.size() + event_.type.size() + event_.topic.size() +
         (has_id_ ? id_buffer_.size() : 0);
}

}  // namespace sse::wire
