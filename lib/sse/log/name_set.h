#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sse::log {

/// Some of a segment's names: a short sorted list, or a bit for each name once there are many. A
/// value.
class NameSet {
 public:
  void insert(std::uint16_t name);
  bool contains(std::uint16_t name) const;
  void clear();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  /// Bytes of memory beside the object: at most 8 KiB.
  std::size_t bytes() const;

  /// Calls `use(name)` for each, in order.
  template <typename Use>
  void for_each(Use use) const {
    for (const std::uint16_t name : list_) use(name);
    for (std::size_t word = 0; word < bits_.size(); ++word) {
      for (std::uint64_t left = bits_[word]; left != 0; left &= left - 1) {
        use(static_cast<std::uint16_t>(word * kWordBits + lowest_bit(left)));
      }
    }
  }

 private:
  static constexpr std::size_t kMaxListed = 64;
  static constexpr std::size_t kWordBits = 64;

  static std::size_t lowest_bit(std::uint64_t word);
  void set_bit(std::uint16_t name);

  std::size_t size_ = 0;
  std::vector<std::uint16_t> list_;  ///< empty when bits_ is used
  std::vector<std::uint64_t> bits_;
};

}  // namespace sse::log
