#include "sse/log/pages.h"

#include <sys/mman.h>

#include <new>

namespace sse::log {

Pages::Pages(std::size_t size) : size_(size) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // A huge page would make every untouched page of a segment cost memory after all. Where the
  // kernel has none, there is nothing to turn off.
  madvise(memory, size, MADV_NOHUGEPAGE);
  start_ = static_cast<char*>(memory);
}

Pages::~Pages() {
  munmap(start_, size_);
}

}  // namespace sse::log
