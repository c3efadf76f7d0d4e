#pragma once

#include <cstddef>
#include <string_view>

#include "sse/log/cursor.h"
#include "sse/log/view.h"

namespace sse::log {

/// The last run that was looked up in a View, for the readers that stand at the same place: in a
/// pass nearly all do, and comparing takes a fifth of looking it up. Loop-affine.
class KnownRun {
 public:
  /// `most`: bytes of a run; the rest is left for the next one.
  explicit KnownRun(std::size_t most) : most_(most) {}

  /// Must be called before another View is used.
  void forget() { from_ = kNowhere; }

  /// Whether this is the run at `cursor`, up to the event `last`.
  bool is_at(const Cursor& cursor, wire::Sequence last) const {
    return cursor == from_ && last == last_;
  }
  /// Makes it so. REQUIRES: view.first_held() <= cursor.next <= last <= view.head().
  void find(const View& view, const Cursor& cursor, wire::Sequence last) {
    bytes_ = view.run(cursor, last).substr(0, most_);
    end_ = view.advance(cursor, bytes_.size());
    from_ = cursor;
    last_ = last;
  }

  std::string_view bytes() const { return bytes_; }
  /// Where a reader is that was sent all of it.
  const Cursor& end() const { return end_; }

 private:
  static constexpr Cursor kNowhere{0, 0};  // sequences of events begin at 1

  const std::size_t most_;
  Cursor from_ = kNowhere;
  Cursor end_;
  wire::Sequence last_ = 0;
  std::string_view bytes_;
};

}  // namespace sse::log
