#include "sse/base/wake_fd.h"

#include <poll.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "support/catch.h"

namespace sse {
namespace {

bool is_readable(const WakeFd& wake_up) {
  pollfd polled{wake_up.get(), POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

TEST_CASE("A descriptor is readable from a wake-up until it is taken", "[wake_fd]") {
  const WakeFd wake_up;
  REQUIRE(wake_up.is_open());
  CHECK_FALSE(is_readable(wake_up));
  wake_up.take();  // does not wait for one
  wake_up.wake();
  wake_up.wake();
  CHECK(is_readable(wake_up));
  wake_up.take();
  CHECK_FALSE(is_readable(wake_up));
}

TEST_CASE("Waking leaves errno as it was", "[wake_fd]") {
  const WakeFd wake_up;
  WakeFd gone;
  const WakeFd here(std::move(gone));
  for (const WakeFd* each : {&wake_up, static_cast<const WakeFd*>(&gone)}) {
    errno = EDOM;
    each->wake();
    CHECK(errno == EDOM);
  }
  CHECK_FALSE(is_readable(here));
}

TEST_CASE("Waiting ends with a wake-up, which others still see", "[wake_fd]") {
  const WakeFd wake_up;
  std::thread waker([&] { wake_up.wake(); });
  wake_up.wait();
  waker.join();
  CHECK(is_readable(wake_up));
  wake_up.wait();
}

}  // namespace
}  // namespace sse
