#include "rooms/hash_rules.h"

#include <algorithm>
#include <iterator>
#include <regex>
#include <set>

namespace sse::test {
namespace {

/// The one specialisation: ids of metrics, which the hub makes.
constexpr const char* kUuidHeader = "lib/sse/base/uuid.h";

/// In addition to pointers: numbers and ids that are ours.
bool is_ours(const std::string& key) {
  static const std::set<std::string> ours = {"Uuid", "Ticket"};
  return key.ends_with('*') || ours.count(key) == 1;
}

/// Comments become blanks, so that lines stay where they are.
std::string without_comments(const std::string& code) {
  static const std::regex comment(R"(//[^\n]*)");
  return std::regex_replace(code, comment, "");
}

/// The template arguments behind the `<` at `open`, one by one; blanks around them are left out.
std::vector<std::string> arguments_at(const std::string& code, std::size_t open) {
  std::vector<std::string> arguments(1);
  int depth = 1;
  for (std::size_t at = open + 1; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '<' || c == '(') ++depth;
    if (c == '>' || c == ')') --depth;
    if (depth == 0) break;
    if (c == ',' && depth == 1) {
      arguments.emplace_back();
    } else if (c != ' ' && c != '\n') {
      arguments.back() += c;
    }
  }
  return arguments;
}

}  // namespace

std::vector<HashBreach> unkeyed_hashes(const std::string& name, const std::string& code) {
  std::vector<HashBreach> breaches;
  const bool is_ours_to_check = name.starts_with("lib/") || name.starts_with("apps/");
  if (!is_ours_to_check) return breaches;
  const std::string text = without_comments(code);
  const auto line_of = [&](std::size_t at) {
    return static_cast<std::size_t>(
               std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')) +
           1;
  };
  static const std::regex use(R"(std::hash\s*<|unordered_(?:multi)?(?:map|set)\s*<)");
  for (std::sregex_iterator found(text.begin(), text.end(), use), end; found != end; ++found) {
    const auto at = static_cast<std::size_t>(found->position());
    if (text.compare(at, 9, "std::hash") == 0) {
      if (name != kUuidHeader) breaches.push_back({line_of(at), "std::hash has no key"});
      continue;
    }
    // A `#include <unordered_map>` has no `<` behind the name.
    const auto arguments = arguments_at(text, at + static_cast<std::size_t>(found->length()) - 1);
    const bool is_keyed =
        std::find(arguments.begin(), arguments.end(), "KeyedHash") != arguments.end();
    if (is_keyed || is_ours(arguments.front())) continue;
    breaches.push_back({line_of(at), "a table of '" + arguments.front() + "' without KeyedHash"});
  }
  return breaches;
}

}  // namespace sse::test
