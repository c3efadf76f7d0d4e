#include "sse/auth/verified_tokens.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <malloc.h>

#include "support/catch.h"
#include "support/fixed_random.h"

namespace sse::auth {
namespace {

using std::chrono::seconds;

const WallTime kNow{seconds(1'800'000'000)};

SharedPrincipal principal(WallTime expires) {
  auto made = std::make_shared<Principal>();
  made->expires = expires;
  return made;
}

Sha256 token(int number) {
  return sha256_of(std::to_string(number));
}

TEST_CASE("A token that was verified is found until it expires", "[auth][cache]") {
  test::FixedRandom random;
  VerifiedTokens tokens(10, random);
  const auto who = principal(kNow + seconds(60));
  tokens.insert(tokens.generation(), token(1), who);
  CHECK(tokens.find(token(1), kNow) == who);
  CHECK(tokens.find(token(2), kNow) == nullptr);
  CHECK(tokens.find(token(1), kNow + seconds(59)) == who);
  CHECK(tokens.find(token(1), kNow + seconds(60)) == nullptr);
  CHECK(tokens.size() == 0);
}

TEST_CASE("Principals take no more memory together than the cache may have", "[auth][cache]") {
  test::FixedRandom random;
  VerifiedTokens tokens(10'000, random);
  std::vector<std::string> grants;
  for (int i = 0; i < 30; ++i) grants.push_back(std::to_string(i) + std::string(200, 'x'));
  const auto allocated = [] { return ::mallinfo2().uordblks; };
  const auto before = allocated();
  for (int i = 0; i < 3'000; ++i) {
    auto made = std::make_shared<Principal>();
    made->expires = kNow + seconds(60);
    made->id = "jwt:issuer:" + std::to_string(i);
    made->subscribe = Grants::make(grants).value();
    tokens.insert(tokens.generation(), token(i), std::move(made));
  }
  CHECK(tokens.bytes() <= VerifiedTokens::kMostBytes);
  CHECK(tokens.bytes() > VerifiedTokens::kMostBytes / 10 * 9);
  CHECK(allocated() - before <= tokens.bytes());
  CHECK(tokens.find(token(2'999), kNow) != nullptr);
  CHECK(tokens.find(token(0), kNow) == nullptr);
  tokens.clear();
  CHECK(tokens.bytes() == 0);
}

TEST_CASE("The cache is bounded, and the token that was asked for last stays", "[auth][cache]") {
  test::FixedRandom random;
  VerifiedTokens tokens(3, random);
  for (int i = 0; i < 3; ++i) {
    tokens.insert(tokens.generation(), token(i), principal(kNow + seconds(60)));
  }
  CHECK(tokens.find(token(0), kNow) != nullptr);
  tokens.insert(tokens.generation(), token(3), principal(kNow + seconds(60)));
  CHECK(tokens.size() == 3);
  CHECK(tokens.find(token(0), kNow) != nullptr);
  CHECK(tokens.find(token(1), kNow) == nullptr);
  for (int i = 0; i < 10'000; ++i) {
    tokens.insert(tokens.generation(), token(i), principal(kNow + seconds(60)));
  }
  CHECK(tokens.size() == 3);
}

TEST_CASE("When keys change nothing of the old ones is kept, also what is being checked",
          "[auth][cache]") {
  test::FixedRandom random;
  VerifiedTokens tokens(10, random);
  tokens.insert(tokens.generation(), token(1), principal(kNow + seconds(60)));
  const auto before = tokens.generation();
  tokens.clear();
  CHECK(tokens.find(token(1), kNow) == nullptr);
  tokens.insert(before, token(2), principal(kNow + seconds(60)));
  CHECK(tokens.find(token(2), kNow) == nullptr);
  tokens.insert(tokens.generation(), token(2), principal(kNow + seconds(60)));
  CHECK(tokens.find(token(2), kNow) != nullptr);
}

TEST_CASE("A cache of none keeps none", "[auth][cache]") {
  test::FixedRandom random;
  VerifiedTokens tokens(0, random);
  tokens.insert(tokens.generation(), token(1), principal(kNow + seconds(60)));
  CHECK(tokens.size() == 0);
}

TEST_CASE("A token that two loops checked at once is kept once", "[auth][cache]") {
  test::FixedRandom random;
  VerifiedTokens tokens(10, random);
  const auto first = principal(kNow + seconds(60));
  tokens.insert(tokens.generation(), token(1), first);
  tokens.insert(tokens.generation(), token(1), principal(kNow + seconds(90)));
  CHECK(tokens.size() == 1);
  CHECK(tokens.find(token(1), kNow) == first);
}

}  // namespace
}  // namespace sse::auth
