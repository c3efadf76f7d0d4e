#include "sse/http/content_coding.h"

#include <algorithm>

#include "sse/http/characters.h"

namespace sse::http {
namespace {

// Weights in thousandths: a qvalue has at most three decimals.
constexpr int kFull = 1000;
// The weight of identity when the field does not name it: it is acceptable, but any coding that is
// named is better.
constexpr int kUnnamedIdentity = 1;

/// `0.5` of `q=0.5`: a digit, and perhaps a point and up to three more. Nothing: malformed.
std::optional<int> parse_qvalue(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = text[0] == '1' ? kFull : 0;
  int place = kFull / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) return std::nullopt;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight <= kFull ? std::optional(weight) : std::nullopt;
}

/// What follows the name of a coding: nothing, or `q=0.5`.
std::optional<int> parse_weight(std::string_view parameters) {
  if (parameters.empty()) return kFull;
  if (!parameters.starts_with("q=") && !parameters.starts_with("Q=")) return std::nullopt;
  return parse_qvalue(parameters.substr(2));
}

bool names(std::string_view word, ContentCoding coding) {
  return equals_ignoring_case(word, name_of(coding)) ||
         // Section 8.4.1.3: the same thing under its old name.
         (coding == ContentCoding::kGzip && equals_ignoring_case(word, "x-gzip"));
}

/// 0: not acceptable. A member whose weight is malformed counts as not there.
int weight_of(ContentCoding coding, std::string_view accepted) {
  int weight = coding == ContentCoding::kIdentity ? kUnnamedIdentity : 0;
  while (!accepted.empty()) {
    std::string_view parameters = take_part(accepted, ',');
    const auto word = take_part(parameters, ';');
    const auto given = parse_weight(trimmed(parameters));
    if (!given) continue;
    if (names(word, coding)) return *given;
    if (word == "*") weight = *given;
  }
  return weight;
}

}  // namespace

std::string_view name_of(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::kBrotli:
      return "br";
    case ContentCoding::kGzip:
      return "gzip";
    case ContentCoding::kIdentity:
      return "identity";
  }
  return {};
}

std::optional<ContentCoding> choose_coding(std::optional<std::string_view> accept_encoding,
                                           std::span<const ContentCoding> available) {
  std::optional<ContentCoding> best;
  int best_weight = 0;
  for (const auto coding : available) {
    const int weight = weight_of(coding, accept_encoding.value_or("identity"));
    if (weight <= best_weight) continue;
    best = coding;
    best_weight = weight;
  }
  return best;
}

}  // namespace sse::http
