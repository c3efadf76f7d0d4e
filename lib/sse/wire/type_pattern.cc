#include "sse/wire/type_pattern.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "sse/base/check.h"

namespace sse::wire {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// The end of the character that begins at `at`.
std::size_t end_of_character(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && is_continuation(text[at])) ++at;
  return at;
}

/// The bytes at the beginning of `text` that a piece without `*` takes; nullopt when it does not
/// fit there.
std::optional<std::size_t> taken_at_start(std::string_view piece, std::string_view text) {
  std::size_t at = 0;
  for (const char wanted : piece) {
    if (at == text.size()) return std::nullopt;
    if (wanted == '?') {
      at = end_of_character(text, at);
    } else if (wanted == text[at]) {
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return at;
}

/// The same at the end of `text`.
std::optional<std::size_t> taken_at_end(std::string_view piece, std::string_view text) {
  std::size_t at = text.size();
  for (std::size_t i = piece.size(); i-- > 0;) {
    if (at == 0) return std::nullopt;
    --at;
    if (piece[i] == '?') {
      while (at > 0 && is_continuation(text[at])) --at;
    } else if (piece[i] != text[at]) {
      return std::nullopt;
    }
  }
  return text.size() - at;
}

/// Finds a piece with `?` in a text: bit i of the state says that the piece up to its byte i ends
/// here (Baeza-Yates and Gonnet, "A new approach to text searching"). All candidates advance with a
/// few shifts a byte, where trying them one by one would take the product of the lengths.
template <std::size_t Words>
class ParallelSearch {
 public:
  explicit ParallelSearch(std::string_view piece) : last_(piece.size() - 1) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      set(piece[i] == '?' ? wildcards_ : fits_[static_cast<unsigned char>(piece[i])], i);
    }
  }

  /// Where the first occurrence ends, or kNone.
  std::size_t end_in(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
      step(text[at]);
      const bool character_ends = at + 1 == text.size() || !is_continuation(text[at + 1]);
      if (character_ends && (state_[last_ / 64] >> (last_ % 64) & 1U) != 0) return at + 1;
    }
    return kNone;
  }

 private:
  using Bits = std::array<std::uint64_t, Words>;

  static void set(Bits& bits, std::size_t i) { bits[i / 64] |= std::uint64_t{1} << (i % 64); }

  void step(char byte) {
    const Bits& fits = fits_[static_cast<unsigned char>(byte)];
    const bool continues = is_continuation(byte);
    std::uint64_t carry = 1;  // an occurrence may begin at every byte
    for (std::size_t word = 0; word < Words; ++word) {
      const std::uint64_t before = state_[word];
      const std::uint64_t shifted = before << 1U | carry;
      carry = before >> 63U;
      // A `?` begins with a character's first byte, and stays until its last.
      state_[word] = (shifted & fits[word]) | ((continues ? before : shifted) & wildcards_[word]);
    }
  }

  const std::size_t last_;
  std::array<Bits, 256> fits_{};
  Bits wildcards_{};
  Bits state_{};
};

template <std::size_t Words>
std::size_t end_of_wild_piece(std::string_view piece, std::string_view text) {
  return ParallelSearch<Words>(piece).end_in(text);
}

/// The same, for a piece so short that no table is worth it: there may be many such pieces.
std::size_t end_of_short_piece(std::string_view piece, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at = end_of_character(text, at)) {
    if (const auto taken = taken_at_start(piece, text.substr(at))) return at + *taken;
  }
  return kNone;
}

/// Where the first occurrence of a piece ends, or kNone.
std::size_t end_of_first(std::string_view piece, std::string_view text) {
  constexpr std::size_t kShort = 6;
  if (piece.size() > text.size()) return kNone;
  if (piece.find('?') != kNone) {
    if (piece.size() <= kShort) return end_of_short_piece(piece, text);
    return piece.size() <= 64 ? end_of_wild_piece<1>(piece, text)
                              : end_of_wild_piece<4>(piece, text);
  }
  const void* found = ::memmem(text.data(), text.size(), piece.data(), piece.size());
  if (found == nullptr) return kNone;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + piece.size();
}

}  // namespace

TypePattern::TypePattern(std::string_view pattern)
    : pattern_(pattern), literal_(pattern.substr(0, pattern.find_first_of("*?"))) {
  SSE_CHECK(pattern.size() <= kMaxSize);
  const std::size_t star = pattern.find('*');
  first_ = pattern.substr(0, star);
  if (star == kNone) return;
  const std::size_t last_star = pattern.rfind('*');
  middle_ = pattern.substr(star, last_star - star + 1);
  last_ = pattern.substr(last_star + 1);
}

bool TypePattern::matches(std::string_view type) const {
  if (is_exact()) return type == pattern_;
  const auto head = taken_at_start(first_, type);
  if (!head) return false;
  type.remove_prefix(*head);
  if (middle_.empty()) return type.empty();
  const auto tail = taken_at_end(last_, type);
  if (!tail) return false;
  type.remove_suffix(*tail);
  // The first place for each piece leaves the most text for those behind it.
  for (std::string_view rest = middle_;;) {
    const std::size_t begin = rest.find_first_not_of('*');
    if (begin == kNone) return true;
    rest.remove_prefix(begin);
    const auto piece = rest.substr(0, rest.find('*'));
    const std::size_t end = end_of_first(piece, type);
    if (end == kNone) return false;
    type.remove_prefix(end);
    rest.remove_prefix(piece.size());
  }
}

}  // namespace sse::wire
