#include "sse/log/fullest_first.h"

#include <algorithm>
#include <array>
#include <random>

#include "support/catch.h"

namespace sse::log {
namespace {

void increase(FullestFirst& fullest, Counted& member, int times) {
  for (int i = 0; i < times; ++i) fullest.increase(member);
}

TEST_CASE("Without members there is no fullest", "[log][rows]") {
  FullestFirst fullest;
  CHECK(fullest.fullest() == nullptr);
  Counted a;
  fullest.increase(a);
  fullest.decrease(a);
  CHECK(fullest.fullest() == nullptr);
}

TEST_CASE("The fullest has the highest count", "[log][rows]") {
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

TEST_CASE("Of equals the oldest is the fullest, whichever got there first", "[log][rows]") {
  FullestFirst fullest;
  Counted young{.age = 2};
  Counted old{.age = 1};
  increase(fullest, young, 2);
  increase(fullest, old, 2);
  CHECK(fullest.fullest() == &old);
  fullest.decrease(old);
  CHECK(fullest.fullest() == &young);
}

TEST_CASE("A removed member is never the fullest again", "[log][rows]") {
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

TEST_CASE("Random changes always leave the true fullest", "[log][rows]") {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same run every time
  FullestFirst fullest;
  std::array<Counted, 7> members;
  for (std::size_t i = 0; i < members.size(); ++i) members[i].age = members.size() - i;
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
        std::max_element(members.begin(), members.end(), [](const Counted& a, const Counted& b) {
          return a.count != b.count ? a.count < b.count : a.age > b.age;
        });
    REQUIRE(fullest.fullest() == (most->count == 0 ? nullptr : &*most));
  }
}

}  // namespace
}  // namespace sse::log
