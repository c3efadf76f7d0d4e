#pragma once

/// \file
/// The members of a JSON object as the API reads them: each checked against what was expected, with
/// errors that name the field.

#include <forward_list>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"

namespace sse::json {

enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };

/// `null`, `a boolean`, `a number` ...: for error texts.
SSE_EXPORT std::string_view to_string(Kind kind);

/// Views of the source, or of what the object keeps.
struct Member {
  std::string_view key;
  Kind kind = Kind::kNull;
  std::string_view raw;   ///< as it was written, without white space around; lives in the source
  std::string_view text;  ///< of a string: decoded
};

/// A field that may be left out reads as nullopt when it is, and when it is null.
class SSE_EXPORT Object {
 public:
  Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void clear() {
    members_.clear();
    kept_.clear();
  }
  void add(const Member& member) {
    if (members_.empty()) members_.reserve(kUsualMembers);
    members_.push_back(member);
  }
  /// For a member: a text that is not in the source as it is.
  std::string_view keep(std::string&& text) { return kept_.emplace_front(std::move(text)); }
  Member& last() { return members_.back(); }
  std::size_t size() const { return members_.size(); }
  const Member* find(std::string_view key) const;

  // `expected` ends the sentence "name: expected ...". Errors: kInvalid.

  /// That no other keys are there than `known`: a misspelt field is an error, never ignored.
  Status check_keys(std::initializer_list<std::string_view> known) const;

  Result<const Member*> required(std::string_view key, std::string_view expected) const;
  Result<std::string_view> required_string(std::string_view key, std::string_view expected) const;
  Result<double> required_number(std::string_view key, std::string_view expected) const;
  Result<std::optional<std::string_view>> optional_string(std::string_view key,
                                                          std::string_view expected) const;
  Result<std::optional<bool>> optional_boolean(std::string_view key,
                                               std::string_view expected) const;
  /// An array of strings, decoded; not null; without the field it is empty. `most`: a longer array
  /// is refused.
  Result<std::vector<std::string>> optional_strings(std::string_view key, std::string_view expected,
                                                    std::size_t most) const;

 private:
  static constexpr std::size_t kUsualMembers = 8;

  std::vector<Member> members_;
  std::forward_list<std::string> kept_;  // which does not move what it holds
};

/// `name: expected ..., got ...`
SSE_EXPORT Error field_error(std::string_view field, std::string_view expected,
                             std::string_view found);

/// `text` in quotes, cut after 64 bytes: what a peer sent, inside an error text.
SSE_EXPORT std::string in_quotes(std::string_view text);

}  // namespace sse::json
