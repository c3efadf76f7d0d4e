#include "sse/auth/revocations.h"

#include <algorithm>
#include <utility>

#include "sse/base/escape.h"
#include "sse/base/time_text.h"

namespace sse::auth {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// The first word, which is taken off.
std::string_view take_word(std::string_view& line) {
  const auto end = std::min(line.find_first_of(kBlanks), line.size());
  const auto word = line.substr(0, end);
  line = trimmed(line.substr(end));
  return word;
}

}  // namespace

Result<std::shared_ptr<const Revocations>> Revocations::parse(std::string_view text,
                                                              const std::string& path) {
  std::shared_ptr<Revocations> made(new Revocations());
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (const auto added = made->add(line); !added) {
      return Error{ErrorCode::kInvalid,
                   path + ":" + std::to_string(number) + ": " + added.error().text};
    }
  }
  return std::shared_ptr<const Revocations>(std::move(made));
}

Status Revocations::add(std::string_view line) {
  const auto kind = take_word(line);
  if (line.empty()) {
    return Error{ErrorCode::kInvalid, "expected something behind " + quoted(kind)};
  }
  if (kind == "id") {
    principals_.emplace(line);
  } else if (kind == "jti") {
    tokens_.emplace(line);
  } else if (kind == "before") {
    const auto word = take_word(line);
    const auto time = parse_rfc3339(word);
    if (!time || line.empty()) {
      return Error{ErrorCode::kInvalid,
                   "expected a time and a principal, as in before 2026-11-01T00:00:00Z token:ci"};
    }
    auto& latest = before_.emplace(std::string(line), *time).first->second;
    latest = std::max(latest, *time);
  } else {
    return Error{ErrorCode::kInvalid, "expected id, jti or before, got " + quoted(kind)};
  }
  return {};
}

bool Revocations::hold(const Principal& principal) const {
  if (principals_.contains(principal.id)) return true;
  if (!principal.token_id.empty() && tokens_.contains(principal.token_id)) return true;
  const auto before = before_.find(principal.id);
  if (before == before_.end()) return false;
  return !principal.issued || *principal.issued < before->second;
}

}  // namespace sse::auth
