#include "cli/option_list.h"

#include <fcntl.h>

#include <algorithm>
#include <iterator>

#include <CLI/CLI.hpp>

#include "sse/base/escape.h"

#include "cli/command_line.h"
#include "cli/words.h"

namespace sse::cli {
namespace {

constexpr int kOneValue = 1;

/// `--timeout` of `-W,--timeout`.
std::string shown_name(const std::string& names) {
  const auto start = names.find("--");
  return start == std::string::npos ? names : names.substr(start, names.find(',', start) - start);
}

/// The last of the values given, read by `read`, whose sentence says what is wrong with it.
CLI::callback_t last_value(const std::string& names, OptionList::Read read) {
  return [name = shown_name(names), read = std::move(read)](const CLI::results_t& values) {
    if (const auto status = read(values.back()); !status) {
      throw CLI::ValidationError(name, status.error().text);
    }
    return true;
  };
}

/// What stands for a thing that cannot have an empty name: most likely a variable of a script that
/// was never set.
bool is_never_empty(const std::string& placeholder) {
  return placeholder == "FILE" || placeholder == "SHELL";
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
  option_->excludes(other.option_);
  return *this;
}

Declared OptionList::declare(CLI::Option* option) {
  option->group(group_);
  return {option, line_.notes_[option]};
}

Declared OptionList::value(const std::string& names, const std::string& placeholder,
                           const std::string& help, Read read) {
  CLI::Option* option = app_->add_option(names, last_value(names, std::move(read)), help);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  option->type_name(placeholder)->expected(kOneValue);
  return declare(option);
}

Declared OptionList::optional_value(const std::string& names, const std::string& placeholder,
                                    const std::string& help, Read read) {
  Declared declared = value(names, placeholder, help, std::move(read));
  declared.option()->expected(0, kOneValue);
  line_.notes_[declared.option()].value_by_equals = true;
  return declared;
}

Declared OptionList::flag(const std::string& names, bool& target, const std::string& help) {
  const std::string long_name = names.substr(names.find("--") + 2);
  Declared declared = declare(app_->add_flag(names + ",!--no-" + long_name, target, help));
  declared.option()->check([](const std::string& text) -> std::string {
    for (const char* known : {"true", "false", "1", "0", "yes", "no", "on", "off"}) {
      if (text == known) return {};
    }
    return not_one_of(text, {"true", "false"}).text;
  });
  line_.notes_[declared.option()].negatable = true;
  return declared.standard(target ? "true" : "false");
}

Declared OptionList::count(const std::string& names, int& target, const std::string& help) {
  return declare(app_->add_flag(names, target, help)).standard(std::to_string(target));
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
  const auto take = [name = shown_name(names),
                     read = std::move(read)](const CLI::results_t& values) {
    if (const auto status = read(values); !status) {
      throw CLI::ValidationError(name, status.error().text);
    }
    return true;
  };
  CLI::Option* option = app_->add_option(names, take, help);
  // Any number of times, but one value each: it must not swallow the positionals behind it.
  option->expected(kOneValue, CLI::detail::expected_max_vector_size);
  option->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  option->type_name(placeholder);
  Declared declared = declare(option);
  line_.notes_[option].repeatable = true;
  return declared;
}

}  // namespace sse::cli
