#include "sse/log/event_pieces.h"

namespace sse::log {

std::uint64_t EventPieces::consume(const NextWrite& write, std::size_t bytes) {
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
