#include "sse/json/key_set.h"

#include <string>

#include "support/catch.h"

namespace sse::json {
namespace {

TEST_CASE("A key is new once in each object", "[json]") {
  KeySet keys;
  CHECK(keys.insert(1, "a"));
  CHECK(keys.insert(1, ""));
  CHECK(keys.insert(2, "a"));
  CHECK_FALSE(keys.insert(1, "a"));
  CHECK_FALSE(keys.insert(2, "a"));
  CHECK_FALSE(keys.insert(1, ""));
  CHECK(keys.insert(2, ""));
}

TEST_CASE("Of many keys each is found again", "[json]") {
  KeySet keys;
  const auto insert_all = [&] {
    std::size_t count = 0;
    for (int i = 0; i < 10'000; ++i) count += keys.insert(7, "k" + std::to_string(i)) ? 1U : 0U;
    return count;
  };
  CHECK(insert_all() == 10'000);
  CHECK(insert_all() == 0);
}

}  // namespace
}  // namespace sse::json
