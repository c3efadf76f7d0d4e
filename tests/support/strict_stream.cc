#include "support/strict_stream.h"

#include <algorithm>

#include "sse/base/escape.h"
#include "sse/base/utf8.h"

namespace sse::test {
namespace {

constexpr std::string_view kId = "id: ";
constexpr std::string_view kType = "event: ";
constexpr std::string_view kTopic = "topic: ";
constexpr std::string_view kData = "data: ";
constexpr std::string_view kRetry = "retry: ";
constexpr std::string_view kOwnTypes = "event: sse.";

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A block's lines as letters, without the repetition of data.
bool is_event(std::string_view kinds) {
  return kinds == "id" || kinds == "ied" || kinds == "itd" || kinds == "ietd";
}

}  // namespace

bool StrictStream::take(std::string_view bytes) {
  for (const char c : bytes) {
    if (!fault_.empty()) return false;
    if (c == '\n') {
      end_line();
    } else if (c == '\r') {
      fail("a CR", line_);
    } else {
      line_.push_back(c);
    }
  }
  return fault_.empty();
}

void StrictStream::end_line() {
  if (line_.empty()) {
    end_block();
    block_.clear();
  } else if (line_.front() == ':') {
    take_comment();
    line_.clear();
  } else {
    block_.push_back(line_);
    line_.clear();
  }
}

// Comments stand between blocks, and the first one behind the `retry:` that a stream starts with.
void StrictStream::take_comment() {
  kind_of(line_);
  const bool is_greeting = !greeted_ && block_.size() == 1 && block_.front().starts_with(kRetry);
  if (is_greeting) kind_of(block_.front());
  if (!block_.empty() && !is_greeting) fail("a comment inside a block", line_);
  greeted_ = true;
  block_.clear();
}

void StrictStream::end_block() {
  std::string kinds;
  for (const auto& line : block_) {
    const char kind = kind_of(line);
    if (kind != 'd' || kinds.empty() || kinds.back() != 'd') kinds.push_back(kind);
  }
  if (kinds.size() > 1 && kinds.back() == 'i') {
    // The last event of a stream with until_type has its id twice.
    if (block_.back() != block_.front() + "/done") fail("a second id", block_.back());
    kinds.pop_back();
  }
  const bool is_own =
      (kinds == "ed" && block_.size() == 2) || (kinds == "red" && block_.size() == 3);
  if (is_event(kinds)) {
    ++events_;
    take_id(block_.front(), true);
    if (kinds[1] == 'e' && block_[1].starts_with(kOwnTypes)) fail("a reserved type", block_[1]);
  } else if (kinds == "i") {
    take_id(block_.front(), false);
  } else if (is_own) {
    if (!block_[block_.size() - 2].starts_with(kOwnTypes)) fail("an event without id", block_[0]);
  } else {
    fail("a block of the lines " + kinds, block_.empty() ? "" : block_.front());
  }
}

char StrictStream::kind_of(std::string_view line) {
  if (!is_valid_utf8(line)) fail("invalid UTF-8", line);
  if (line.starts_with(kData)) return 'd';
  if (has_control_character(line)) fail("a control character", line);
  if (line.starts_with(kId)) return 'i';
  if (line.starts_with(kType)) return 'e';
  if (line.starts_with(kTopic)) return 't';
  if (line.starts_with(kRetry) && is_number(line.substr(kRetry.size()))) return 'r';
  if (line.starts_with(':')) return 'c';
  fail("a line that no hub writes", line);
  return '?';
}

void StrictStream::take_id(std::string_view line, bool is_event) {
  const auto id = wire::EventId::parse(line.substr(kId.size()));
  if (!id) return fail("no event id", line);
  if (is_event) {
    gapless_ = gapless_ && id->sequence() == last_ + 1;
    if (id->sequence() <= last_) fail("an id that does not go on", line);
  } else if (id->sequence() < last_) {
    fail("a cursor that goes back", line);
  }
  last_ = id->sequence();
}

void StrictStream::fail(std::string_view what, std::string_view where) {
  if (fault_.empty()) fault_ = std::string(what) + ": " + quoted(where);
}

}  // namespace sse::test
