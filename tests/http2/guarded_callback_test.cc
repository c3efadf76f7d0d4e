#include "sse/http/two/guarded_callback.h"

#include <new>

#include "support/catch.h"

namespace sse::http {
namespace {

int halve(int* number) {
  if (*number % 2 != 0) throw std::bad_alloc();
  return *number /= 2;
}

TEST_CASE("A callback for C answers for what it throws", "[http][two]") {
  int (*const call)(int*) noexcept = GuardedCallback<halve, -902>::call;
  int number = 10;
  CHECK(call(&number) == 5);
  CHECK(call(&number) == -902);
  CHECK(number == 5);
}

}  // namespace
}  // namespace sse::http
