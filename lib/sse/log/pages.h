#pragma once

#include <cstddef>

namespace sse::log {

/// The size of a page, for counting; a machine with larger pages holds a little more than counted.
inline constexpr std::size_t kPageSize = 4096;

constexpr std::size_t round_to_page(std::size_t bytes) {
  return (bytes + kPageSize - 1) / kPageSize * kPageSize;
}

/// Zeroed memory straight from the kernel: a page costs nothing until it is touched, and all of it
/// goes back at once. Thread-compatible.
class Pages {
 public:
  explicit Pages(std::size_t size);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  char* start() const { return start_; }

 private:
  char* start_;
  std::size_t size_;
};

}  // namespace sse::log
