#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sse::bench {

/// One measured number.
struct Figure {
  std::string_view name;  ///< a JSON key
  std::string_view unit;
  double value = 0;
};

/// What a crowd of one size showed.
struct Measured {
  std::size_t streams = 0;
  std::vector<Figure> figures;
  std::vector<std::string_view> failures;  ///< promises that did not hold
};

/// Streams that want everything, then streams that want one topic each of a thousand: opened, fed,
/// kept alive, evicted and drained, with all of sse-serve but its sockets and its time. CPU time is
/// what counts, since nothing here waits.
Measured measure(std::size_t streams);

}  // namespace sse::bench
