#include "sse/http/entity_tag.h"

#include "sse/http/characters.h"

namespace sse::http {

bool lists_entity_tag(std::string_view if_none_match, std::string_view entity_tag) {
  std::string_view rest = trimmed(if_none_match);
  if (rest == "*") return true;
  // Not split at commas: the quotes may hold some.
  while (!rest.empty()) {
    if (rest.starts_with("W/")) rest.remove_prefix(2);
    const auto close = rest.starts_with('"') ? rest.find('"', 1) : std::string_view::npos;
    if (close == std::string_view::npos) return false;
    if (rest.substr(0, close + 1) == entity_tag) return true;
    rest = trimmed(rest.substr(close + 1));
    if (!rest.empty() && rest.front() != ',') return false;
    while (!rest.empty() && rest.front() == ',') rest = trimmed(rest.substr(1));
  }
  return false;
}

}  // namespace sse::http
