#include "sse/json/plain_object.h"

#include <array>
#include <cstddef>

#include "sse/base/ascii.h"
#include "sse/json/reader.h"

namespace sse::json {
namespace {

// A number with fewer digits is finite, whatever they are.
constexpr std::size_t kMostDigits = 32;

constexpr auto kPlainCharacters = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x20; c < 0x7F; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

/// Takes tokens off the front of a text.
class PlainScanner {
 public:
  explicit PlainScanner(std::string_view text) : rest_(text) {}

  bool is_done() const { return rest_.empty(); }

  void skip_space() {
    while (!rest_.empty() &&
           (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t' || rest_[0] == '\r')) {
      rest_.remove_prefix(1);
    }
  }

  bool take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// A string, quotes included. Empty: there is none.
  std::string_view take_string() {
    if (rest_.empty() || rest_[0] != '"') return {};
    std::size_t end = 1;
    while (end < rest_.size() && kPlainCharacters[static_cast<unsigned char>(rest_[end])]) ++end;
    if (end == rest_.size() || rest_[end] != '"') return {};
    return take_front(end + 1);
  }

  /// A number without an exponent. Empty: there is none.
  std::string_view take_number() {
    std::size_t end = !rest_.empty() && rest_[0] == '-' ? 1 : 0;
    const std::size_t whole = count_digits(end);
    if (whole == 0 || (whole > 1 && rest_[end] == '0')) return {};
    end += whole;
    if (end < rest_.size() && rest_[end] == '.') {
      const std::size_t fraction = count_digits(end + 1);
      if (fraction == 0) return {};
      end += 1 + fraction;
    }
    return end > kMostDigits ? std::string_view() : take_front(end);
  }

  /// `word`, or nothing.
  std::string_view take_word(std::string_view word) {
    return rest_.starts_with(word) ? take_front(word.size()) : std::string_view();
  }

 private:
  std::size_t count_digits(std::size_t from) const {
    std::size_t end = from;
    while (end < rest_.size() && is_digit(rest_[end])) ++end;
    return end - from;
  }

  std::string_view take_front(std::size_t size) {
    const auto front = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return front;
  }

  std::string_view rest_;
};

std::string_view without_quotes(std::string_view string) {
  return string.substr(1, string.size() - 2);
}

bool read_value(PlainScanner& scanner, Member& member) {
  const auto found = [&](Kind kind, std::string_view raw) {
    member.kind = kind;
    member.raw = raw;
    return !raw.empty();
  };
  if (found(Kind::kString, scanner.take_string())) {
    member.text = without_quotes(member.raw);
    return true;
  }
  return found(Kind::kNumber, scanner.take_number()) ||
         found(Kind::kBoolean, scanner.take_word("true")) ||
         found(Kind::kBoolean, scanner.take_word("false")) ||
         found(Kind::kNull, scanner.take_word("null"));
}

bool read_member(PlainScanner& scanner, Object& object) {
  Member member;
  scanner.skip_space();
  const auto key = scanner.take_string();
  if (key.empty()) return false;
  member.key = without_quotes(key);
  scanner.skip_space();
  if (!scanner.take(':')) return false;
  scanner.skip_space();
  if (!read_value(scanner, member)) return false;
  scanner.skip_space();
  if (object.size() == kMaxFields || object.find(member.key) != nullptr) return false;
  object.add(member);
  return true;
}

}  // namespace

bool read_plain_object(std::string_view text, Object& object) {
  PlainScanner scanner(text);
  scanner.skip_space();
  if (!scanner.take('{')) return false;
  do {
    if (!read_member(scanner, object)) return false;
  } while (scanner.take(','));
  if (!scanner.take('}')) return false;
  scanner.skip_space();
  return scanner.is_done();
}

}  // namespace sse::json
