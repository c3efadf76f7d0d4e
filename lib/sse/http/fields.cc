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
  std::erase_if(places_,
                [&](const Place& place) { return equals_ignoring_case(name_of(place), name); });
}

void Fields::clear() {
  text_.clear();
  places_.clear();
}

std::size_t Fields::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      places_.begin(), places_.end(),
      [&](const Place& place) { return equals_ignoring_case(name_of(place), name); }));
}

std::string_view Fields::get(std::string_view name) const {
  for (const Place& place : places_) {
    if (equals_ignoring_case(name_of(place), name)) return value_of(place);
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

bool operator==(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace sse::http
