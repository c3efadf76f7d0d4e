#include "sse/http/fair_queue.h"

#include <string>

#include "support/catch.h"

namespace sse::http {
namespace {

const auto kOne = IpAddress::parse("192.0.2.1");
const auto kTwo = IpAddress::parse("192.0.2.2");

TEST_CASE("The address with fewest places is next, and of its waiters the first", "[http][queue]") {
  FairQueue<std::string> queue;
  std::string a = "a", b = "b", c = "c";
  const auto at_a = queue.wait(kOne, a);
  queue.wait(kOne, b);
  const auto at_c = queue.wait(kTwo, c);
  CHECK(queue.next() == "a");
  queue.leave(kOne, at_a);
  queue.take_place(kOne);
  CHECK(queue.next() == "c");
  queue.take_place(kTwo);
  CHECK(queue.next() == "b");  // as many: the first of all
  queue.take_place(kTwo);
  queue.free_place(kOne);
  CHECK(queue.next() == "b");
  queue.leave(kTwo, at_c);
  CHECK(queue.next() == "b");
  CHECK(queue.places(kTwo) == 2);
  CHECK(queue.places(kOne) == 0);
}

TEST_CASE("The address with most places is known, and none is kept for nothing", "[http][queue]") {
  FairQueue<std::string> queue;
  CHECK(queue.empty());
  queue.take_place(kOne);
  queue.take_place(kTwo);
  queue.take_place(kTwo);
  CHECK(queue.most() == std::pair(std::size_t{2}, kTwo));
  queue.free_place(kTwo);
  queue.free_place(kTwo);
  CHECK(queue.most() == std::pair(std::size_t{1}, kOne));
  std::string a = "a";
  const auto at_a = queue.wait(std::nullopt, a);  // a Unix socket has no address
  CHECK(queue.next() == "a");
  queue.leave(std::nullopt, at_a);
  CHECK(queue.empty());
}

}  // namespace
}  // namespace sse::http
