#include "checkpoint.h"

#include <charconv>
#include <vector>

#include "sse/base/escape.h"
#include "sse/base/time_text.h"

namespace sse::pub {
namespace {

constexpr std::string_view kVersionLine = "version 1\n";
constexpr std::string_view kSumKey = "sum ";

Error damaged(std::string why) {
  return {ErrorCode::kInvalid, std::move(why)};
}

std::string in_hex(std::uint64_t number) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 16).ptr;
  return std::string(digits, end);
}

std::uint64_t sum_of(std::string_view text) {
  Mark mark;
  mark.pass(text);
  return mark.hash;
}

std::string mark_text(const Mark& mark) {
  return std::to_string(mark.offset) + " " + in_hex(mark.hash);
}

/// The words of one line's value, taken one by one; a word that is missing or not a number makes it
/// wrong for good.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  std::string_view text() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(word.size() + 1, rest_.size()));
    if (word.empty()) is_right_ = false;
    return word;
  }

  std::uint64_t number(int base = 10) {
    const std::string_view word = text();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(word.begin(), word.end(), number, base);
    if (error != std::errc() || end != word.end()) is_right_ = false;
    return number;
  }

  Mark mark() {
    Mark mark;
    mark.offset = number();
    mark.hash = number(16);
    return mark;
  }

  WallTime time() {
    const auto time = parse_rfc3339(text());
    if (!time) is_right_ = false;
    return time.value_or(WallTime());
  }

  bool is_right() const { return is_right_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool is_right_ = true;
};

/// False when the value is not one of this key; unknown keys are for a later version 1.
bool set_key(Checkpoint& checkpoint, std::string_view key, std::string_view value) {
  Words words(value);
  if (key == "hub") return checkpoint.hub = value, true;
  if (key == "input") return checkpoint.input = value, true;
  if (key == "load") return checkpoint.load = value, true;
  if (key == "done") {
    checkpoint.done = words.mark();
  } else if (key == "tally") {
    Tally& tally = checkpoint.tally;
    for (auto* count : {&tally.bytes, &tally.published, &tally.rejected, &tally.skipped}) {
      *count = words.number();
    }
  } else if (key == "rejects") {
    checkpoint.rejects_size = words.number();
  } else if (key == "batch") {
    checkpoint.batch = words.number();
  } else if (key == "window") {
    checkpoint.window = std::chrono::seconds(static_cast<std::uint32_t>(words.number()));
  } else if (key == "sent") {
    Checkpoint::Sent sent;
    sent.end = words.mark();
    sent.since = words.time();
    checkpoint.sent = sent;
  } else {
    return true;
  }
  return words.is_right();
}

}  // namespace

void Mark::pass(std::string_view bytes) {
  constexpr std::uint64_t kPrime = 0x100000001B3U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  offset += bytes.size();
}

std::string format_checkpoint(const Checkpoint& checkpoint) {
  const Tally& tally = checkpoint.tally;
  std::string text(kVersionLine);
  text += "hub " + checkpoint.hub + "\ninput " + checkpoint.input + "\nload " + checkpoint.load;
  text += "\ndone " + mark_text(checkpoint.done);
  text += "\ntally " + std::to_string(tally.bytes) + " " + std::to_string(tally.published) + " " +
          std::to_string(tally.rejected) + " " + std::to_string(tally.skipped);
  text += "\nrejects " + std::to_string(checkpoint.rejects_size);
  text += "\nbatch " + std::to_string(checkpoint.batch) + "\n";
  if (checkpoint.sent) {
    text += "sent " + mark_text(checkpoint.sent->end) + " " +
            format_rfc3339(checkpoint.sent->since) + "\n";
  }
  if (checkpoint.window) text += "window " + std::to_string(checkpoint.window->count()) + "\n";
  const std::string sum = in_hex(sum_of(text));
  return text.append(kSumKey).append(sum).append("\n");
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  if (!text.starts_with("version ")) return damaged("it is not a checkpoint");
  if (!text.starts_with(kVersionLine)) return damaged("it is of another version; expected 1");
  const auto sum_at = text.rfind("\nsum ");
  if (sum_at == std::string_view::npos || !text.ends_with('\n')) return damaged("it is cut off");
  std::string_view lines = text.substr(0, sum_at + 1);
  if (text.substr(sum_at + 1) != std::string(kSumKey) + in_hex(sum_of(lines)) + "\n") {
    return damaged("its sum is wrong");
  }
  Checkpoint checkpoint;
  for (lines.remove_prefix(kVersionLine.size()); !lines.empty();) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    const auto blank = std::min(line.find(' '), line.size() - 1);
    if (line.empty() || !set_key(checkpoint, line.substr(0, blank), line.substr(blank + 1))) {
      return damaged("its line " + sse::quoted(line) + " cannot be read");
    }
  }
  return checkpoint;
}

}  // namespace sse::pub
