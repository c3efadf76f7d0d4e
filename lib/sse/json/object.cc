#include "sse/json/object.h"

#include <algorithm>
#include <charconv>

#include "sse/json/items.h"
#include "sse/json/pointer.h"

namespace sse::json {
namespace {

std::string joined(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const auto word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "null";
}

const Member* Object::find(std::string_view key) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [key](const Member& member) { return member.key == key; });
  return found == members_.end() ? nullptr : &*found;
}

Status Object::check_keys(std::initializer_list<std::string_view> known) const {
  for (const auto& member : members_) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      return Error{ErrorCode::kInvalid,
                   "unknown field " + in_quotes(member.key) + ": expected " + joined(known)};
    }
  }
  return {};
}

Result<const Member*> Object::required(std::string_view key, std::string_view expected) const {
  const Member* member = find(key);
  if (member == nullptr) return field_error(key, expected, "nothing: the field is missing");
  return member;
}

Result<std::string_view> Object::required_string(std::string_view key,
                                                 std::string_view expected) const {
  const Member* member = SSE_TRY(required(key, expected));
  if (member->kind != Kind::kString) return field_error(key, expected, to_string(member->kind));
  return member->text;
}

Result<double> Object::required_number(std::string_view key, std::string_view expected) const {
  const Member* member = SSE_TRY(required(key, expected));
  if (member->kind != Kind::kNumber) return field_error(key, expected, to_string(member->kind));
  // From the digits as written: exact, and -0 stays -0. What overflows a double was refused by the
  // reader; what is out of range here is too small, and so zero.
  double value = 0;
  const auto [end, status] =
      std::from_chars(member->raw.data(), member->raw.data() + member->raw.size(), value);
  if (status == std::errc::result_out_of_range) return member->raw.front() == '-' ? -0.0 : 0.0;
  return value;
}

Result<std::optional<std::string_view>> Object::optional_string(std::string_view key,
                                                                std::string_view expected) const {
  const Member* member = find(key);
  if (member == nullptr || member->kind == Kind::kNull) {
    return std::optional<std::string_view>();
  }
  if (member->kind != Kind::kString) return field_error(key, expected, to_string(member->kind));
  return std::optional<std::string_view>(member->text);
}

Result<std::optional<bool>> Object::optional_boolean(std::string_view key,
                                                     std::string_view expected) const {
  const Member* member = find(key);
  if (member == nullptr || member->kind == Kind::kNull) return std::optional<bool>();
  if (member->kind != Kind::kBoolean) return field_error(key, expected, to_string(member->kind));
  return std::optional<bool>(member->raw == "true");
}

Result<std::vector<std::string>> Object::optional_strings(std::string_view key,
                                                          std::string_view expected,
                                                          std::size_t most) const {
  std::vector<std::string> strings;
  const Member* member = find(key);
  if (member == nullptr) return strings;
  if (member->kind != Kind::kArray) return field_error(key, expected, to_string(member->kind));
  auto items = Items::of_array(member->raw);
  for (auto step = items.next(); step != Items::Step::kEnd; step = items.next()) {
    if (step == Items::Step::kNothing) continue;
    if (step == Items::Step::kNotJson) return items.error();
    const Value value = whole_value(items.item());
    if (value.kind != Value::Kind::kString) return field_error(key, expected, "another element");
    if (strings.size() == most) {
      return field_error(key, "at most " + std::to_string(most) + " elements", "more");
    }
    append_text_of(value, strings.emplace_back());
  }
  return strings;
}

Error field_error(std::string_view field, std::string_view expected, std::string_view found) {
  std::string text;
  text.append(field).append(": expected ").append(expected).append(", got ").append(found);
  return {ErrorCode::kInvalid, std::move(text)};
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 64;
  if (text.size() <= kMost) return '"' + std::string(text) + '"';
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return '"' + std::string(text.substr(0, end)) + "...\"";
}

}  // namespace sse::json
