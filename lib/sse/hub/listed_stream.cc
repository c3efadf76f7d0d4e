#include "sse/hub/listed_stream.h"

#include <algorithm>

#include "sse/hub/filter.h"

namespace sse::hub {

void ListedStream::set_patterns(const Filter& filter) {
  patterns = filter.types().size() + filter.topics().size();
  auto left = kMostPatterns;
  const auto copy_first = [&](const std::vector<std::string>& from, std::vector<std::string>& to) {
    const auto count = std::min(left, from.size());
    to.assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(count));
    left -= count;
  };
  copy_first(filter.types(), types);
  copy_first(filter.topics(), topics);
}

}  // namespace sse::hub
