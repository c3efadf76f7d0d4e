#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "sse/wire/event_id.h"

namespace sse::log {

/// What one write sends: text of the server's own first, if there is any, then what a reader
/// gathers. The bytes belong to others and are not copied. A value.
class NextWrite {
 public:
  static constexpr std::size_t kMostPieces = 64;

  /// A reader gathers up to this many bytes, text included, and may exceed them by one event.
  explicit NextWrite(std::size_t share) : share_(share) {}

  void add(std::string_view bytes) {
    pieces_[count_++] = {const_cast<char*>(bytes.data()), bytes.size()};  // read, never written to
    bytes_ += bytes.size();
  }
  /// One event, or the rest of one.
  void add_event(wire::Sequence sequence, std::string_view bytes) {
    sequences_[count_] = sequence;
    add(bytes);
  }

  bool has_room() const { return count_ < kMostPieces && bytes_ < share_; }
  std::size_t room() const { return bytes_ < share_ ? share_ - bytes_ : 0; }

  std::span<const iovec> pieces() const { return {pieces_.data(), count_}; }
  /// Of a piece that add_event() added.
  wire::Sequence sequence_of(std::size_t piece) const { return sequences_[piece]; }
  std::size_t bytes() const { return bytes_; }

  // What a filtered reader has found out beside the pieces.

  std::size_t first_event = 0;     ///< pieces before this one are not its own
  wire::Sequence searched_to = 0;  ///< nothing before this, but what was gathered, is wanted
  bool is_cut = false;             ///< the budget was spent before the end of the search

 private:
  const std::size_t share_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::array<iovec, kMostPieces> pieces_;
  std::array<wire::Sequence, kMostPieces> sequences_;
};

}  // namespace sse::log
