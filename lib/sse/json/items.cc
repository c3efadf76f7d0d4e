#include "sse/json/items.h"

#include <algorithm>
#include <string>

#include "sse/json/reader.h"

namespace sse::json {

Items Items::of_array(std::string_view text) {
  return {Form::kArray, trim_space(text)};
}

Items Items::of_lines(std::string_view text) {
  return {Form::kLines, text};
}

Items::Step Items::next() {
  return form_ == Form::kLines ? next_line() : next_of_array();
}

Items::Step Items::next_line() {
  if (at_ == text_.size()) return Step::kEnd;
  const std::size_t end = std::min(text_.find('\n', at_), text_.size());
  item_ = text_.substr(at_, end - at_);
  at_ = std::min(end + 1, text_.size());
  return trim_space(item_).empty() ? Step::kNothing : Step::kItem;
}

Items::Step Items::next_of_array() {
  if (is_over_) return Step::kEnd;
  if (at_ == 0) {
    if (const Step step = begin_array(); step != Step::kItem) return step;
  }
  const std::size_t last = text_.size() - 1;  // the bracket that ends the array
  const std::size_t stop = std::min(last, at_ + kMostBytesAStep);
  while (at_ < stop) {
    const char c = text_[at_++];
    if (in_string_) {
      if (c == '\\' && at_ < last) ++at_;  // an escaped byte never ends the string
      if (c == '"') in_string_ = false;
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '[' || c == '{') {
      ++open_brackets_;
    } else if (c == ']' || c == '}') {
      if (open_brackets_ == 0) return refuse("a bracket closes that was not opened");
      --open_brackets_;
    } else if (c == ',' && open_brackets_ == 0) {
      return end_item(at_ - 1);
    }
  }
  if (at_ < last) return Step::kNothing;
  is_over_ = true;
  return end_item(last);
}

// kItem: the array has items, and the walk is in the first.
Items::Step Items::begin_array() {
  if (text_.size() < 2 || text_.front() != '[' || text_.back() != ']') {
    return refuse("an array that starts with [ must end with ]");
  }
  at_ = start_ = 1;
  is_over_ = trim_space(text_.substr(1, text_.size() - 2)).empty();
  return is_over_ ? Step::kEnd : Step::kItem;
}

Items::Step Items::end_item(std::size_t end) {
  item_ = text_.substr(start_, end - start_);
  start_ = at_;
  return Step::kItem;
}

Items::Step Items::refuse(const char* problem) {
  error_ = {ErrorCode::kInvalid, std::string("expected JSON; ") + problem};
  return Step::kNotJson;
}

}  // namespace sse::json
