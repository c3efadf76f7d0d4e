#include "sse/base/process_usage.h"

#include <fcntl.h>

#include "sse/base/unique_fd.h"

#include "support/catch.h"

namespace sse {
namespace {

TEST_CASE("The kernel tells what this process uses", "[base][process]") {
  const SystemClock clock;
  const auto before = process_usage(clock);
  REQUIRE(before);
  CHECK(before->resident_bytes > (1U << 20U));
  CHECK(before->virtual_bytes >= before->resident_bytes);
  CHECK(before->started <= clock.now().wall);
  CHECK(clock.now().wall - before->started < std::chrono::hours(1));
  CHECK(before->cpu.count() >= 0);
  REQUIRE(before->open_descriptors);

  const UniqueFd one_more(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(process_usage(clock)->open_descriptors == *before->open_descriptors + 1);
}

}  // namespace
}  // namespace sse
