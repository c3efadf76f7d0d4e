#pragma once

/// \file
/// The header fields of a request or a response.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/export.h"

namespace sse::http {

/// In the order in which they were added. Names are equal whatever their case (RFC 9110 section
/// 5.1). A value; one text holds all of them, since most are read once or never. What is found
/// is valid until the next change.
class SSE_EXPORT Fields {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
    friend bool operator==(const Field&, const Field&) = default;
  };

  Fields() = default;
  Fields(std::initializer_list<Field> fields);

  /// Beside those of the same name.
  void add(std::string_view name, std::string_view value);
  /// Instead of those of the same name.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  /// What was allocated stays, for other fields.
  void clear();
  /// Room for so many bytes of names and values.
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  /// Bytes that it has allocated.
  std::size_t capacity() const { return text_.capacity() + places_.capacity() * sizeof(Place); }

  bool has(std::string_view name) const { return count(name) > 0; }
  std::size_t count(std::string_view name) const;
  /// The first value of the name; empty when there is none.
  std::string_view get(std::string_view name) const;
  /// All values of the name as one list (RFC 9110 section 5.3).
  std::string list(std::string_view name) const;

  std::size_t size() const { return places_.size(); }
  bool empty() const { return places_.empty(); }
  Field operator[](std::size_t index) const {
    return {name_of(places_[index]), value_of(places_[index])};
  }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    using pointer = const Field*;
    using reference = Field;

    Iterator(const Fields& fields, std::size_t index) : fields_(&fields), index_(index) {}
    Field operator*() const { return (*fields_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.index_ == b.index_; }

   private:
    const Fields* fields_;
    std::size_t index_;
  };
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, size()}; }

  friend bool operator==(const Fields& a, const Fields& b);

 private:
  /// Where a field stands in text_: its name, then its value.
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t name_size = 0;
    std::uint32_t value_size = 0;
  };

  // Without the checks of substr(): each request looks up some twenty names.
  std::string_view name_of(const Place& place) const {
    return {text_.data() + place.begin, place.name_size};
  }
  std::string_view value_of(const Place& place) const {
    return {text_.data() + place.begin + place.name_size, place.value_size};
  }

  std::string text_;
  std::vector<Place> places_;
};

}  // namespace sse::http
