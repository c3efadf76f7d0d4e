#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace sse::net {

/// What a write was given, in pieces as large as a record of TLS holds. A value; the bytes outlive
/// it.
class PlainPieces {
 public:
  static constexpr std::size_t kRecord = 16U << 10U;

  explicit PlainPieces(std::span<const iovec> pieces) : pieces_(pieces) { skip_empty(); }

  bool is_empty() const { return pieces_.empty(); }

  /// The next bytes, at most one record of them; those of several pieces are copied together.
  std::string_view next(std::array<char, kRecord>& copy) {
    if (pieces_.size() == 1 || front().size() >= kRecord) return take(kRecord);
    std::size_t used = 0;
    while (!is_empty() && used < kRecord)
      used += take(kRecord - used).copy(copy.data() + used, kRecord);
    return {copy.data(), used};
  }

 private:
  std::string_view front() const {
    return {static_cast<const char*>(pieces_.front().iov_base) + used_,
            pieces_.front().iov_len - used_};
  }
  std::string_view take(std::size_t most) {
    const auto taken = front().substr(0, most);
    used_ += taken.size();
    skip_empty();
    return taken;
  }
  void skip_empty() {
    while (!pieces_.empty() && used_ == pieces_.front().iov_len) {
      pieces_ = pieces_.subspan(1);
      used_ = 0;
    }
  }

  std::span<const iovec> pieces_;
  std::size_t used_ = 0;  // of the first piece
};

}  // namespace sse::net
