#include "sse/gate/answer_text.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace sse::gate {
namespace {

constexpr std::uint64_t kVersion = 1;

void append_number(std::string& out, std::uint64_t number) {
  out += std::to_string(number) + ' ';
}

void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size());
  out += text;
}

/// Takes numbers and texts from the front; nothing more once one is not there.
class Taker {
 public:
  explicit Taker(std::string_view rest) : rest_(rest) {}

  std::uint64_t number() {
    std::uint64_t number = 0;
    const char* const end = rest_.data() + rest_.size();
    const auto [stop, error] = std::from_chars(rest_.data(), end, number);
    if (error != std::errc() || stop == end || *stop != ' ') return fail(), 0;
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()) + 1);
    return number;
  }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) return fail(), std::string_view();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool is_at_end() const { return rest_.empty(); }
  bool has_failed() const { return has_failed_; }

 private:
  void fail() {
    has_failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

}  // namespace

std::string text_of(const IdempotencyStore::Wanted& wanted, const KeptAnswer& answer) {
  std::string out;
  out.reserve(128 + wanted.name.size() + wanted.owner.size() + answer.body.size());
  append_number(out, kVersion);
  append_number(out, static_cast<std::uint64_t>(answer.status));
  append_number(out, answer.is_whole ? 1 : 0);
  append_number(out, wanted.fingerprint.low);
  append_number(out, wanted.fingerprint.high);
  append_text(out, wanted.name);
  append_text(out, wanted.owner);
  append_text(out, answer.body);
  for (const auto& [name, value] : answer.fields) {
    append_text(out, name);
    append_text(out, value);
  }
  return out;
}

std::optional<KeyWithAnswer> read_answer_text(std::string_view text) {
  Taker taker(text);
  if (taker.number() != kVersion) return std::nullopt;
  auto answer = std::make_shared<KeptAnswer>();
  KeyWithAnswer kept;
  const std::uint64_t status = taker.number();
  answer->is_whole = taker.number() != 0;
  kept.wanted.fingerprint.low = taker.number();
  kept.wanted.fingerprint.high = taker.number();
  kept.wanted.name = taker.text();
  kept.wanted.owner = taker.text();
  answer->body = taker.text();
  while (!taker.is_at_end()) {
    const auto name = taker.text();
    answer->fields.add(name, taker.text());
  }
  constexpr std::uint64_t kMostStatus = 999;
  if (taker.has_failed() || status > kMostStatus) return std::nullopt;
  answer->status = static_cast<int>(status);
  kept.answer = std::move(answer);
  return kept;
}

}  // namespace sse::gate
