#include "sse/log/whole_reader.h"

#include <string_view>

namespace sse::log {

void WholeReader::gather(const View& view, wire::Sequence last, NextWrite& write) const {
  const std::string_view run = view.run(cursor_, last).substr(0, write.room());
  if (!run.empty()) write.add(run);
}

}  // namespace sse::log
