#include "rooms/hash_rules.h"

#include "support/catch.h"

namespace sse::test {
namespace {

TEST_CASE("A table of peers' text without a key is found", "[rooms][hash]") {
  const char* const bad[] = {
      "std::unordered_map<std::string, int> table;",
      "std::unordered_map<std::string_view, Entries::iterator> by_key_;",
      "std::unordered_set<std::string> names;",
      "std::unordered_multimap<\n    std::string,\n    int>\n table;",
      "std::unordered_map<Name, int, NameHash> table;",
      "std::unordered_map<int, std::map<std::string, KeyedHash>> table;",
      "const std::hash<std::string_view> hash;",
      "return std::hash<std::string_view>()(name);",
  };
  for (const char* use : bad) {
    CAPTURE(use);
    for (const char* file : {"lib/sse/gate/a.cc", "apps/sse-serve/a.h", "apps/sse-pub/a.h"}) {
      const auto breaches = unkeyed_hashes(file, std::string("class A;\n") + use);
      REQUIRE(breaches.size() == 1);
      CHECK(breaches.front().line == 2);
    }
    CHECK(unkeyed_hashes("tests/gate/a.cc", use).empty());
  }
}

TEST_CASE("A table with a key, or of what is ours, is not found", "[rooms][hash]") {
  const char* const good[] = {
      "#include <unordered_map>\n#include <vector>",
      "std::unordered_map<std::string, std::pair<int, int>, KeyedHash, std::equal_to<>> table;",
      "std::unordered_set<std::string_view, KeyedHash> names;",
      "std::unordered_map<const void*, Counts::iterator> holders_;",
      "std::unordered_map<Uuid, std::unique_ptr<Row>> rows_;",
      "// std::hash<std::string> has no key",
      "std::map<std::string, int> ordered;",
  };
  for (const char* use : good) {
    CAPTURE(use);
    CHECK(unkeyed_hashes("lib/sse/gate/a.cc", use).empty());
  }
  CHECK(unkeyed_hashes("lib/sse/base/uuid.h", "struct std::hash<sse::Uuid> {").empty());
}

}  // namespace
}  // namespace sse::test
