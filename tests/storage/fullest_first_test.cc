#include "sse/storage/fullest_first.h"

#include <algorithm>
#include <array>
#include <random>

#include "support/catch.h"

namespace sse::storage {
namespace {

void increase(FullestFirst& fullest, Counted& member, int times) {
  for (int i = 0; i < times; ++i) fullest.increase(member);
}

TEST_CASE("Nobody is the fullest of nobody", "[storage]") {
  FullestFirst fullest;
  CHECK(fullest.fullest() == nullptr);
  Counted a;
  fullest.increase(a);
  fullest.decrease(a);
  CHECK(fullest.fullest() == nullptr);
}

TEST_CASE("The fullest is the one with the highest count", "[storage]") {
  FullestFirst fullest;
  Counted a;
  Counted b;
  increase(fullest, a, 3);
  increase(fullest, b, 5);
  CHECK(fullest.fullest() == &b);
  increase(fullest, a, 3);
  CHECK(fullest.fullest() == &a);
  fullest.decrease(a);
  fullest.decrease(a);
  CHECK(fullest.fullest() == &b);
}

TEST_CASE("Of equals the fullest is the one that got there first", "[storage]") {
  FullestFirst fullest;
  Counted a;
  Counted b;
  increase(fullest, a, 2);
  increase(fullest, b, 2);
  CHECK(fullest.fullest() == &a);
}

TEST_CASE("A removed member is never the fullest again", "[storage]") {
  FullestFirst fullest;
  Counted a;
  Counted b;
  increase(fullest, a, 1'000);
  increase(fullest, b, 2);
  fullest.remove(a);
  CHECK(a.count == 0);
  CHECK(fullest.fullest() == &b);
  fullest.remove(b);
  CHECK(fullest.fullest() == nullptr);
}

TEST_CASE("Random changes always leave the true fullest", "[storage]") {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same run every time
  FullestFirst fullest;
  std::array<Counted, 7> members;
  for (int step = 0; step < 20'000; ++step) {
    Counted& member = members[random() % members.size()];
    const auto dice = random() % 100;
    if (dice < 60) {
      fullest.increase(member);
    } else if (dice < 99) {
      if (member.count > 0) fullest.decrease(member);
    } else {
      fullest.remove(member);
    }
    const auto most =
        std::max_element(members.begin(), members.end(),
                         [](const Counted& a, const Counted& b) { return a.count < b.count; });
    const Counted* found = fullest.fullest();
    REQUIRE((found == nullptr ? 0 : found->count) == most->count);
  }
}

}  // namespace
}  // namespace sse::storage
