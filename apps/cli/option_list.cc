#include "cli/option_list.h"

#include <fcntl.h>

#include <algorithm>
#include <iterator>

#include "sse/base/escape.h"

#include "cli/words.h"

namespace sse::cli {
namespace {

/// What stands for a thing that cannot have an empty name: most likely a variable of a script that
/// was never set.
bool is_never_empty(const std::string& placeholder) {
  return placeholder == "FILE" || placeholder == "SHELL";
}

Result<bool> parse_truth(const std::string& text) {
  for (const char* yes : {"true", "1", "yes", "on"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"false", "0", "no", "off"}) {
    if (text == no) return false;
  }
  return not_one_of(text, {"true", "false"});
}

auto text_parser(const std::string& placeholder) {
  return [placeholder](const std::string& text) -> Result<std::string> {
    if (!text.empty() || !is_never_empty(placeholder)) return text;
    return Error{ErrorCode::kInvalid, "\"\" is not a " + placeholder + "; is a variable not set?"};
  };
}

}  // namespace

Result<std::chrono::nanoseconds> parse_bounded_duration(std::string_view text) {
  constexpr std::chrono::hours kMost{24 * 3650};
  auto duration = parse_duration(text);
  if (duration && *duration > kMost) {
    return Error{ErrorCode::kInvalid, quoted(text) + " is too long: expected at most 3650d"};
  }
  return duration;
}

Result<std::chrono::nanoseconds> parse_positive_duration(std::string_view text) {
  auto duration = parse_bounded_duration(text);
  if (duration && *duration < std::chrono::milliseconds(1)) {
    return Error{ErrorCode::kInvalid, quoted(text) + " is too short: expected at least 1ms"};
  }
  return duration;
}

std::string format_rate(double rate) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), rate).ptr;
  return std::string(digits, end) + "/s";
}

Error not_one_of(const std::string& text, const std::vector<std::string>& words) {
  std::string expected;
  for (std::size_t i = 0; i < words.size(); ++i) {
    expected += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  const std::string meant = nearest(text, words);
  return {ErrorCode::kInvalid, sse::quoted(text) + " is not a valid value; expected " + expected +
                                   (meant.empty() ? "" : "; did you mean " + meant + "?")};
}

Error not_a_number(const std::string& text, const std::string& least, const std::string& most) {
  return {ErrorCode::kInvalid, sse::quoted(text) + " is not a whole number" +
                                   (most.empty() ? "; expected " + least + " or more"
                                                 : " from " + least + " to " + most)};
}

Result<int> parse_descriptor(const std::string& text) {
  const int fd = SSE_TRY(parse_number<int>(text, 1));
  if (::fcntl(fd, F_GETFD) >= 0) return fd;
  return Error{ErrorCode::kInvalid,
               sse::quoted(text) + " is not a descriptor that is open; a shell opens it with " +
                   text + ">FILE"};
}

Declared& Declared::excludes(const Declared& other) {
  option_->excluded.push_back(other.option_);
  other.option_->excluded.push_back(option_);
  return *this;
}

Option& OptionList::add(const std::string& names, const std::string& help) {
  auto option = std::make_unique<Option>();
  for (std::size_t start = 0; start < names.size();) {
    const std::size_t end = std::min(names.find(',', start), names.size());
    const std::string name = names.substr(start, end - start);
    if (name.starts_with("--")) {
      option->names.push_back(name.substr(2));
    } else if (name.starts_with("-")) {
      option->letters.push_back(name.substr(1));
    } else {
      option->is_positional = true;
    }
    start = end + 1;
  }
  option->group = group_;
  option->help = help;
  return *command_.options.emplace_back(std::move(option));
}

Declared OptionList::value(const std::string& names, const std::string& placeholder,
                           const std::string& help, Read read) {
  Option& option = add(names, help);
  option.placeholder = placeholder;
  option.read = [read = std::move(read)](const std::vector<std::string>& values) {
    return read(values.back());
  };
  return Declared(option);
}

Declared OptionList::optional_value(const std::string& names, const std::string& placeholder,
                                    const std::string& help, Read read) {
  Declared declared = value(names, placeholder, help, std::move(read));
  declared.option_->takes = Option::Takes::kValueByEquals;
  return declared;
}

Declared OptionList::flag(const std::string& names, bool& target, const std::string& help) {
  Option& option = add(names, help);
  option.takes = Option::Takes::kNothing;
  option.negatable = true;
  option.read = [&target](const std::vector<std::string>& values) -> Status {
    target = SSE_TRY(parse_truth(values.back()));
    return {};
  };
  return Declared(option).present([&target] { return std::string(target ? "true" : "false"); });
}

Declared OptionList::count(const std::string& names, int& target, const std::string& help) {
  Option& option = add(names, help);
  option.takes = Option::Takes::kNothing;
  option.read = [&target](const std::vector<std::string>& values) -> Status {
    int times = 0;  // -vv, or `verbose = 2`
    for (const auto& value : values) {
      times += value == "true" ? 1 : SSE_TRY(parse_number<int>(value, 0));
    }
    target = times;
    return {};
  };
  return Declared(option).present([&target] { return std::to_string(target); });
}

Declared OptionList::text(const std::string& names, std::string& target,
                          const std::string& placeholder, const std::string& help) {
  const auto same = [](const std::string& text) { return text; };
  return parsed(names, target, placeholder, help, text_parser(placeholder), same);
}

Declared OptionList::text(const std::string& names, std::optional<std::string>& target,
                          const std::string& placeholder, const std::string& help) {
  const auto same = [](const std::string& text) { return text; };
  return parsed(names, target, placeholder, help, text_parser(placeholder), same);
}

Declared OptionList::list(const std::string& names, std::vector<std::string>& target,
                          const std::string& placeholder, const std::string& help) {
  return list(names, placeholder, help, [&target](const std::vector<std::string>& texts) {
    target = texts;
    return Status();
  });
}

Declared OptionList::list(const std::string& names, const std::string& placeholder,
                          const std::string& help, ReadAll read) {
  Option& option = add(names, help);
  option.placeholder = placeholder;
  option.repeatable = true;
  option.read = std::move(read);
  return Declared(option);
}

}  // namespace sse::cli
