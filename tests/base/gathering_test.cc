#include "sse/base/gathering.h"

#include <memory>
#include <string>
#include <thread>

#include "support/catch.h"

namespace sse {
namespace {

struct Letters final : Parcel {
  explicit Letters(std::string& the_box) : box(the_box) {}
  void deliver() override {
    box += letters;
    gathers_while_it_delivers = Gathering::current() != nullptr;
  }

  std::string& box;
  std::string letters;
  inline static bool gathers_while_it_delivers = true;
};

void put(std::string& box, char letter) {
  Gathering* const gathering = Gathering::current();
  REQUIRE(gathering != nullptr);
  auto& parcel = gathering->parcel(&box, [&] { return std::make_unique<Letters>(box); });
  static_cast<Letters&>(parcel).letters += letter;
}

TEST_CASE("What is gathered is delivered at the end, to each receiver at once", "[gathering]") {
  std::string one;
  std::string other;
  {
    const Gathering gathering;
    put(one, 'a');
    put(other, 'b');
    put(one, 'c');
    CHECK(one.empty());
  }
  CHECK(one == "ac");
  CHECK(other == "b");
  CHECK_FALSE(Letters::gathers_while_it_delivers);
  CHECK(Gathering::current() == nullptr);
}

TEST_CASE("A gathering within another ends for itself", "[gathering]") {
  std::string box;
  const Gathering outer;
  put(box, 'a');
  {
    const Gathering inner;
    put(box, 'b');
  }
  CHECK(box == "b");
  CHECK(Gathering::current() == &outer);
}

TEST_CASE("A gathering is its own thread's", "[gathering]") {
  const Gathering gathering;
  const Gathering* elsewhere = &gathering;
  std::thread([&] { elsewhere = Gathering::current(); }).join();
  CHECK(elsewhere == nullptr);
}

}  // namespace
}  // namespace sse
