#pragma once

/// \file
/// A key with its answer as one text, for what keeps both over a restart (http::Call::repeat()):
/// numbers are decimal and end with a space, texts have their size before them.
///
///     1 <status> <whole: 0 or 1> <fingerprint: low> <high> <name> <owner> <body>
///     then of each field its name and its value; a text is <size> <bytes>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sse/gate/idempotency_store.h"

namespace sse::gate {

struct KeyWithAnswer {
  IdempotencyStore::Wanted wanted;
  std::shared_ptr<const KeptAnswer> answer;
};

std::string text_of(const IdempotencyStore::Wanted& wanted, const KeptAnswer& answer);

/// nullopt for anything that text_of() does not write.
std::optional<KeyWithAnswer> read_answer_text(std::string_view text);

}  // namespace sse::gate
