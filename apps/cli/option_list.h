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

#include "cli/option.h"
#include "cli/time_value.h"

namespace sse::cli {

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
  explicit Declared(Option& option) : option_(&option) {}

  /// Command line over environment over default.
  Declared& variable(std::string name) { return option_->variable = std::move(name), *this; }
  /// This variable holds a value itself, and wins over a file's and an environment's.
  Declared& secret_variable(std::string name) {
    return option_->secret_variable = std::move(name), *this;
  }
  Declared& secret() { return option_->secret = true, *this; }
  /// What holds when nothing sets it, for --help and --show-config. Known already unless the option
  /// was declared with OptionList::value().
  Declared& standard(std::string text) { return option_->standard = std::move(text), *this; }
  Declared& words(std::vector<std::string> words) {
    return option_->words = std::move(words), *this;
  }
  /// The target's value now: what it is before anything sets it is the standard.
  Declared& present(std::function<std::string()> text) {
    option_->standard = text();
    return option_->present = std::move(text), *this;
  }
  Declared& required() { return option_->required = true, *this; }
  /// --help of other commands does not show it.
  Declared& only_for(std::vector<std::string> commands) {
    return option_->only_for = std::move(commands), *this;
  }
  Declared& excludes(const Declared& other);
  Declared& needs(const Declared& other) { return option_->needed = other.option_, *this; }

 private:
  friend class OptionList;
  friend class CommandLine;

  Option* option_;
};

/// Declares the options of a command or subcommand. `names` are separated by commas:
/// `-W,--timeout`; `metric,--metric` for one that may be given by position too. `target` keeps its
/// value when the option is not given. Repeating a scalar: the last one wins.
class OptionList {
 public:
  explicit OptionList(Command& command) : command_(command) {}

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
    auto declared =
        value(names, placeholder, help, [&target, parse](const std::string& text) -> Status {
          target = SSE_TRY(parse(text));
          return {};
        });
    return declared.present([&target, format] { return text_of(target, format); });
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
  /// Adds an option of these names under the present heading.
  Option& add(const std::string& names, const std::string& help);

  Command& command_;
  std::string group_ = "Options";
};

/// Error of a choice: names the words, and the word that was likely meant.
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
    // The largest number of 64 bits is not a limit worth printing.
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
  auto declared =
      value(names, placeholder, help, [&target, spelled, words](const std::string& text) -> Status {
        for (const auto& [word, value] : words) {
          if (word == text) return target = value, Status();
        }
        return not_one_of(text, spelled);
      });
  return declared.words(spelled).present([&target, words = std::move(words)] {
    for (const auto& [word, value] : words) {
      if (target == value) return word;
    }
    return std::string();
  });
}

}  // namespace sse::cli
