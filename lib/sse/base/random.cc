#include "sse/base/random.h"

#include <sys/random.h>

#include <random>

namespace sse {
namespace {

std::uint64_t seed_from_kernel() {
  std::uint64_t seed = 0;
  // The kernel gives up to 256 bytes whole and uninterrupted once it is seeded (getrandom(2)).
  if (getrandom(&seed, sizeof seed, 0) == sizeof seed) return seed;
  return std::random_device{}();
}

}  // namespace

std::uint64_t SystemRandom::next() {
  thread_local std::mt19937_64 engine{seed_from_kernel()};
  return engine();
}

}  // namespace sse
