#include "sse/http/fields.h"

#include <algorithm>

#include "sse/base/ascii.h"

namespace sse::http {
namespace {

// What most responses have: their fields are added without a second allocation.
constexpr std::size_t kUsualFields = 8;
constexpr std::size_t kUsualText = 192;

}  // namespace

Fields::Fields(std::initializer_list<Field> fields) {
  for (const auto& field : fields) add(field.name, field.value);
}

void Fields::add(std::string_view name, std::string_view value) {
  if (places_.empty()) {
    places_.reserve(kUsualFields);
    if (text_.capacity() < kUsualText) text_.reserve(kUsualText);
  }
  places_.push_back({static_cast<std::uint32_t>(text_.size()),
                     static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  text_.append(name).append(value);
}

void Fields::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

// Its text stays until clear(): no response replaces its fields so often that it would matter.
void Fields::remove(std::string_view name) {
  std::erase_if(places_, [&](const Place& place) {
    return equals_ignoring_case(std::string_view(text_).substr(place.begin, place.name_size), name);
  });
}

void Fields::clear() {
  text_.clear();
  places_.clear();
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      begin(), end(), [&](const Field& field) { return equals_ignoring_case(field.name, name); }));
}

std::string_view Fields::get(std::string_view name) const {
  for (const Field field : *this) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

std::string Fields::list(std::string_view name) const {
  std::string list;
  for (const Field field : *this) {
    if (!equals_ignoring_case(field.name, name)) continue;
    if (!list.empty()) list += ", ";
    list += field.value;
  }
  return list;
}

Fields::Field Fields::operator[](std::size_t index) const {
  const Place& place = places_[index];
  const std::string_view text(text_);
  return {text.substr(place.begin, place.name_size),
          text.substr(place.begin + place.name_size, place.value_size)};
}

bool operator==(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace sse::http
