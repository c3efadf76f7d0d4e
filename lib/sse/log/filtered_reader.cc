#include "sse/log/filtered_reader.h"

#include <algorithm>

namespace sse::log {

void FilteredReader::gather(const View& view, wire::Sequence last, NextWrite& write,
                            Budget& budget) {
  write.first_event = write.pieces().size();
  last = end_.bound(last);
  wire::Sequence next = cursor_.next;
  if (!cursor_.at_boundary()) {
    const auto block = end_.see(*selector_, next, view.event(next), budget);
    write.add_event(next, block.substr(cursor_.sent));
    ++next;
  }
  while (next <= last && write.has_room()) {
    const NextWanted wanted = search_.next(view, next, budget);
    next = std::min(wanted.sequence, last + 1);
    if (wanted.is_cut()) {
      write.is_cut = next <= last;
      break;
    }
    if (next > last) break;
    write.add_event(next, end_.see(*selector_, next, view.event(next), budget));
    last = end_.bound(last);
    ++next;
  }
  write.searched_to = next;
}

std::uint64_t FilteredReader::consume(const NextWrite& write, std::size_t bytes) {
  std::uint64_t completed = 0;
  for (std::size_t piece = write.first_event; piece < write.pieces().size(); ++piece) {
    const wire::Sequence sequence = write.sequence_of(piece);
    const std::size_t size = write.pieces()[piece].iov_len;
    if (bytes < size) {
      const std::uint32_t before = sequence == cursor_.next ? cursor_.sent : 0;
      cursor_ = {sequence, before + static_cast<std::uint32_t>(bytes)};
      return completed;
    }
    bytes -= size;
    cursor_ = {sequence + 1, 0};
    announced_ = sequence;
    ++completed;
  }
  cursor_.next = std::max(cursor_.next, write.searched_to);
  return completed;
}

}  // namespace sse::log
