#include "pattern.h"

#include <string>
#include <utility>

#include <re2/re2.h>

#include "sse/base/escape.h"

namespace sse::sub {

Pattern::Pattern(std::unique_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {
}

Pattern::Pattern(Pattern&& other) noexcept = default;
Pattern& Pattern::operator=(Pattern&& other) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view text) {
  const re2::StringPiece source(text.data(), text.size());
  auto compiled = std::make_unique<const re2::RE2>(source, re2::RE2::Quiet);
  if (!compiled->ok()) {
    return Error{ErrorCode::kInvalid,
                 sse::quoted(text) + " is not a regular expression (RE2): " + compiled->error()};
  }
  return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

}  // namespace sse::sub
