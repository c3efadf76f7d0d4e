#pragma once

/// \file
/// How a command declares its options, each once and without side effects. What reads them is in
/// cli/command_line.h; docs/command-line.md has the rules.

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/quantities.h"
#include "sse/base/result.h"
#include "sse/base/time_text.h"

#include "cli/time_value.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace sse::cli {

/// What CLI11 has no place for, for each option.
struct OptionNotes {
  std::string variable;            ///< the environment variable that stands in for it
  bool required = false;           ///< must come from somewhere
  bool value_by_equals = false;    ///< takes a value only as `--name=value`
  bool negatable = false;          ///< has a `--no-name`
  bool repeatable = false;         ///< every occurrence counts, not the last
  bool secret = false;             ///< --show-config masks it
  bool own = false;                ///< about the command line itself: no key of a file
  std::string standard;            ///< the value when nothing sets it, as it would be given
  std::vector<std::string> words;  ///< the values there are, of a choice
};

/// parse_duration(), at most ten years: so that sums of durations and times cannot overflow.
Result<std::chrono::nanoseconds> parse_bounded_duration(std::string_view text);

/// The same, and at least a millisecond.
Result<std::chrono::nanoseconds> parse_positive_duration(std::string_view text);

/// What parse_rate() reads back: `200/s`.
std::string format_rate(double rate);

class CommandLine;

/// An option that has just been declared, for what few options need.
class Declared {
 public:
  Declared(CLI::Option* option, OptionNotes& notes) : option_(option), notes_(notes) {}

  /// Command line over environment over default.
  Declared& variable(std::string name) { return notes_.variable = std::move(name), *this; }
  Declared& secret() { return notes_.secret = true, *this; }
  /// What holds when nothing sets it, for --help and --show-config. Known already unless the option
  /// was declared with OptionList::value().
  Declared& standard(std::string text) { return notes_.standard = std::move(text), *this; }
  Declared& words(std::vector<std::string> words) { return notes_.words = std::move(words), *this; }
  Declared& required() { return notes_.required = true, *this; }
  Declared& excludes(const Declared& other);

  CLI::Option* option() const { return option_; }

 private:
  CLI::Option* option_;
  OptionNotes& notes_;
};

/// Declares the options of a command or subcommand. `names` are as CLI11 wants them:
/// `-W,--timeout`, `metric,--metric` for one that may be given by position too. `target` keeps its
/// value when the option is not given. Repeating a scalar: the last one wins.
class OptionList {
 public:
  OptionList(CommandLine& line, CLI::App* app) : line_(line), app_(app) {}

  /// The heading in --help for what is declared from here on.
  OptionList& group(std::string heading) { return group_ = std::move(heading), *this; }

  /// `read` gets the text and says what is wrong with it.
  using Read = std::function<Status(const std::string& text)>;
  Declared value(const std::string& names, const std::string& placeholder, const std::string& help,
                 Read read);

  Declared flag(const std::string& names, bool& target,
                const std::string& help);  ///< and --no-name
  Declared count(const std::string& names, int& target, const std::string& help);  ///< -v, -vv

  Declared text(const std::string& names, std::string& target, const std::string& placeholder,
                const std::string& help);
  Declared text(const std::string& names, std::optional<std::string>& target,
                const std::string& placeholder, const std::string& help);

  /// Repeatable; each occurrence takes exactly one value.
  Declared list(const std::string& names, std::vector<std::string>& target,
                const std::string& placeholder, const std::string& help);

  /// The same; `read` gets all values, in order.
  using ReadAll = std::function<Status(const std::vector<std::string>& texts)>;
  Declared list(const std::string& names, const std::string& placeholder, const std::string& help,
                ReadAll read);

  /// `--resume` or `--resume=NAME`, never `--resume NAME`: without a value `read` gets "".
  Declared optional_value(const std::string& names, const std::string& placeholder,
                          const std::string& help, Read read);

  /// An integer of the target's type, not below `least`.
  template <std::integral Number>
  Declared number(const std::string& names, Number& target, const std::string& help,
                  Number least = 0);
  template <std::integral Number>
  Declared number(const std::string& names, std::optional<Number>& target, const std::string& help,
                  Number least = 0);

  /// The rest: `Target` is the type itself or an optional of it.
  template <typename Target>
  Declared duration(const std::string& names, Target& target, const std::string& help) {
    return parsed(names, target, "DURATION", help, parse_bounded_duration, format_duration);
  }
  template <typename Target>
  Declared size(const std::string& names, Target& target, const std::string& help) {
    return parsed(names, target, "SIZE", help, parse_size, format_size);
  }
  template <typename Target>
  Declared rate(const std::string& names, Target& target, const std::string& help) {
    return parsed(names, target, "RATE", help, parse_rate, format_rate);
  }
  template <typename Target>
  Declared time(const std::string& names, Target& target, const std::string& help) {
    return parsed(
        names, target, "TIME", help,
        [](const std::string& text) { return parse_time(text, SystemClock().now().wall); },
        format_rfc3339);
  }

  /// One of a few words.
  template <typename Target, typename Value = Target>
  Declared choice(const std::string& names, Target& target, const std::string& help,
                  std::vector<std::pair<std::string, Value>> words);

 private:
  template <typename Target, typename Parse, typename Format>
  Declared parsed(const std::string& names, Target& target, const std::string& placeholder,
                  const std::string& help, Parse parse, Format format) {
    return value(names, placeholder, help,
                 [&target, parse](const std::string& text) -> Status {
                   target = SSE_TRY(parse(text));
                   return {};
                 })
        .standard(text_of(target, format));
  }

  template <typename Target, typename Format>
  static std::string text_of(const Target& target, Format format) {
    return format(target);
  }
  template <typename Target, typename Format>
  static std::string text_of(const std::optional<Target>& target, Format format) {
    return target ? format(*target) : "";
  }

  friend class CommandLine;
  Declared declare(CLI::Option* option);

  CommandLine& line_;
  CLI::App* app_;
  std::string group_ = "Options";
};

/// Error of a choice: names the words, and the one that was likely meant.
Error not_one_of(const std::string& text, const std::vector<std::string>& words);
Error not_a_number(const std::string& text, const std::string& least, const std::string& most);

/// The number of a descriptor that is open, above stdin's.
Result<int> parse_descriptor(const std::string& text);

/// All of `text` as a whole number, not below `least`.
template <std::integral Number>
Result<Number> parse_number(const std::string& text, Number least) {
  Number number{};
  const char* const text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, number);
  if (error != std::errc() || end != text_end || number < least) {
    // The most of 64 bits is a limit that helps nobody.
    constexpr auto kMost = std::numeric_limits<Number>::max();
    return not_a_number(text, std::to_string(least),
                        sizeof(Number) < sizeof(std::uint64_t) ? std::to_string(kMost) : "");
  }
  return number;
}

template <std::integral Number>
Declared OptionList::number(const std::string& names, Number& target, const std::string& help,
                            Number least) {
  return parsed(
      names, target, "N", help,
      [least](const std::string& text) { return parse_number<Number>(text, least); },
      [](Number number) { return std::to_string(number); });
}

template <std::integral Number>
Declared OptionList::number(const std::string& names, std::optional<Number>& target,
                            const std::string& help, Number least) {
  return parsed(
      names, target, "N", help,
      [least](const std::string& text) { return parse_number<Number>(text, least); },
      [](Number number) { return std::to_string(number); });
}

template <typename Target, typename Value>
Declared OptionList::choice(const std::string& names, Target& target, const std::string& help,
                            std::vector<std::pair<std::string, Value>> words) {
  std::vector<std::string> spelled;
  for (const auto& [word, value] : words) spelled.push_back(word);
  std::string placeholder;
  for (const auto& word : spelled) placeholder += (placeholder.empty() ? "" : "|") + word;
  std::string standard;
  for (const auto& [word, value] : words) {
    if (target == value) standard = word;
  }
  return value(names, placeholder, help,
               [&target, spelled, words = std::move(words)](const std::string& text) -> Status {
                 for (const auto& [word, value] : words) {
                   if (word == text) return target = value, Status();
                 }
                 return not_one_of(text, spelled);
               })
      .words(spelled)
      .standard(standard);
}

}  // namespace sse::cli
