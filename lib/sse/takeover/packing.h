#pragma once

/// \file
/// Numbers, times and texts as the bytes of a message: eight bytes each, little-endian, a time in
/// nanoseconds of the machine's clock; a text has its size before it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/little_endian.h"

namespace sse::takeover {

/// Thread-compatible.
class Packer {
 public:
  Packer& number(std::uint64_t value) {
    append_number(bytes_, value, 8);
    return *this;
  }
  Packer& time(BootTime value) {
    return number(static_cast<std::uint64_t>(value.time_since_epoch().count()));
  }
  Packer& text(std::string_view value) {
    number(value.size());
    bytes_ += value;
    return *this;
  }
  Packer& texts(const std::vector<std::string>& values) {
    number(values.size());
    for (const auto& value : values) text(value);
    return *this;
  }

  std::size_t size() const { return bytes_.size(); }
  std::string_view bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Takes from the front what a Packer has put there. What is not there is 0 or empty, and from then
/// on has_failed() is true. The bytes outlive it. Thread-compatible.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    if (rest_.size() < 8) return fail(), 0;
    const std::uint64_t value = number_of(rest_, 8);
    rest_.remove_prefix(8);
    return value;
  }
  BootTime time() { return BootTime(BootTime::duration(static_cast<std::int64_t>(number()))); }
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) return fail(), std::string_view();
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> values;
    for (std::uint64_t left = number(); left > 0 && !has_failed_; --left) {
      values.emplace_back(text());
    }
    return values;
  }

  bool is_at_end() const { return rest_.empty(); }
  bool has_failed() const { return has_failed_; }

 private:
  void fail() {
    has_failed_ = true;
    rest_ = {};
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

}  // namespace sse::takeover
