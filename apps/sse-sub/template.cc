#include "template.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <utility>

#include "sse/base/escape.h"
#include "sse/client/hub_json.h"
#include "sse/json/string.h"
#include "sse/wire/event_id.h"

#include "expression.h"
#include "text_forms.h"

namespace sse::sub {
namespace {

/// Longer than any sensible strftime() format makes.
constexpr std::size_t kMaxTime = 1024;

/// `format` with each %3f, which strftime() does not know, as the milliseconds.
std::string with_fraction(std::string format, std::chrono::milliseconds time) {
  constexpr std::string_view kMark = "%3f";
  std::array<char, 8> digits{};
  std::snprintf(digits.data(), digits.size(), "%03d", static_cast<int>(time.count() % 1000));
  for (auto at = format.find(kMark); at != std::string::npos; at = format.find(kMark, at)) {
    format.replace(at, kMark.size(), digits.data());
  }
  return format;
}

/// Of the event with this id, on the clock of this machine; empty when the id does not say.
std::string formatted_time(std::string_view id, const std::string& format) {
  const auto parsed = wire::EventId::parse(id);
  if (!parsed) return {};
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(parsed->unix_time()).count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, kMaxTime> text{};
  return {text.data(), std::strftime(text.data(), text.size(),
                                     with_fraction(format, parsed->unix_time()).c_str(), &local)};
}

/// With blanks up to a number of characters, which may take more than one byte each.
void append_padded(const std::string& text, int width, std::string& out) {
  const auto is_begin = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  const auto size = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_begin));
  const auto wanted = static_cast<std::size_t>(std::abs(width));
  const std::string blanks(wanted - std::min(wanted, size), ' ');
  out += width > 0 ? blanks + text : text + blanks;
}

}  // namespace

/// Reads a template from left to right.
class Template::Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Template> read() {
    Template made;
    std::string literal;
    const auto end_literal = [&] {
      if (!literal.empty()) made.parts_.emplace_back(std::exchange(literal, {}));
    };
    while (at_ < text_.size()) {
      if (text_[at_] == '\\') {
        literal += SSE_TRY(read_escape());
      } else if (text_.substr(at_, 2) == "%%") {
        literal += '%';
        at_ += 2;
      } else if (text_[at_] != '%') {
        literal += text_[at_++];
      } else {
        end_literal();
        made.parts_.emplace_back(SSE_TRY(read_field()));
      }
    }
    end_literal();
    return made;
  }

 private:
  char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string_view take_until(std::string_view ends) {
    const auto start = at_;
    at_ = std::min(text_.find_first_of(ends, at_), text_.size());
    return text_.substr(start, at_ - start);
  }

  Result<char> read_escape() {
    constexpr std::string_view kNames = "ntr0e\\";
    constexpr std::string_view kValues("\n\t\r\0\x1B\\", 6);
    const auto known = at_ + 1 < text_.size() ? kNames.find(text_[at_ + 1]) : kNames.npos;
    if (known == kNames.npos) {
      return error_at(text_, at_, "expected \\n, \\t, \\r, \\0, \\e, or \\\\ for a backslash");
    }
    at_ += 2;
    return kValues[known];
  }

  Result<Field> read_field() {
    const std::size_t start = at_;
    if (text_.substr(at_, 2) != "%{") {
      return error_at(text_, at_, "expected %{FIELD}, or %% for a percent sign");
    }
    at_ += 2;
    Field field;
    if (next() == '/' || next() == '"') {
      field.source = SSE_TRY(read_pointer(text_, at_, "|}"));
    } else {
      SSE_TRY(read_name(field));
    }
    while (next() == '|') {
      ++at_;
      field.filters.push_back(SSE_TRY(read_filter()));
    }
    if (next() != '}') return error_at(text_, start, "the field that begins here has no end: }");
    ++at_;
    return field;
  }

  Status read_name(Field& field) {
    constexpr std::array<std::pair<std::string_view, Name>, 7> kNames{{{"id", Name::kId},
                                                                       {"time", Name::kTime},
                                                                       {"event", Name::kEvent},
                                                                       {"topic", Name::kTopic},
                                                                       {"metric", Name::kMetric},
                                                                       {"data", Name::kData},
                                                                       {"replay", Name::kReplay}}};
    const std::size_t start = at_;
    const auto word = take_until(":|}");
    for (const auto& [name, value] : kNames) {
      if (name != word) continue;
      field.source = value;
      if (next() != ':') return {};
      if (value != Name::kTime) return error_at(text_, at_, "only time has a format");
      ++at_;
      field.source = FormattedTime{std::string(take_until("|}"))};
      return {};
    }
    return error_at(
        text_, start,
        "unknown field " + sse::quoted(word) +
            "; expected id, time, time:FORMAT, event, topic, metric, data, replay or a JSON "
            "Pointer such as /value");
  }

  Result<Filter> read_filter() {
    using Kind = Filter::Kind;
    constexpr std::array<std::pair<std::string_view, Kind>, 4> kFilters{
        {{"json", Kind::kJson}, {"sh", Kind::kSh}, {"tsv", Kind::kTsv}, {"csv", Kind::kCsv}}};
    const std::size_t start = at_;
    const auto word = take_until("|}");
    for (const auto& [name, kind] : kFilters) {
      if (name == word) return Filter{kind};
    }
    constexpr std::string_view kOr = "or=";
    if (word.starts_with(kOr)) return Filter{Kind::kOr, std::string(word.substr(kOr.size()))};
    if (const auto width = width_of(word)) return Filter{Kind::kWidth, "", *width};
    return error_at(text_, start,
                    "unknown filter " + sse::quoted(word) +
                        "; expected json, sh, tsv, csv, or=TEXT or a width such as 10 or -10");
  }

  /// `10`, `-10`: as printf() has it, but negative is at the left.
  static std::optional<int> width_of(std::string_view word) {
    constexpr int kMost = 1000;
    int width = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), width);
    const bool is_width = error == std::errc() && end == word.data() + word.size() && width != 0 &&
                          std::abs(width) <= kMost;
    return is_width ? std::optional(width) : std::nullopt;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

class Template::Filling {
 public:
  explicit Filling(const EventView& view)
      : event_(view.event), replay_(view.replay), metric_(view.metric) {}

  /// What `field` says, its filters applied. Valid until the next call.
  std::string_view text_of(const Field& field) {
    text_.clear();
    json_ = {};
    is_absent_ = false;
    std::visit([this](const auto& source) { read(source); }, field.source);
    for (const Filter& filter : field.filters) apply(filter);
    return text_;
  }

 private:
  bool data_is_json() {
    if (!is_json_) is_json_ = client::is_json(event_.data);
    return *is_json_;
  }

  void read(Name name) {
    switch (name) {
      case Name::kId:
        text_ = event_.id;
        break;
      case Name::kTime:
        text_ = time_of(event_.id);
        break;
      case Name::kEvent:
        text_ = event_.type;
        break;
      case Name::kTopic:
        text_ = event_.topic;
        break;
      case Name::kMetric:
        text_ = metric_;
        break;
      case Name::kData:
        text_ = event_.data;
        if (data_is_json()) json_ = event_.data;
        return;
      case Name::kReplay:
        json_ = replay_ == Replay::kYes ? "true" : "false";
        text_ = json_;
        return;
    }
    is_absent_ = text_.empty();
  }

  void read(const FormattedTime& time) { text_ = formatted_time(event_.id, time.format); }

  void read(const json::Pointer& pointer) {
    const auto value = data_is_json() ? pointer.find(event_.data) : std::nullopt;
    is_absent_ = !value;
    if (!value) return;
    json_ = value->text;
    json::append_text_of(*value, text_);
  }

  void apply(const Filter& filter) {
    using Kind = Filter::Kind;
    if (filter.kind == Kind::kOr) return apply_default(filter.text);
    const std::string before = std::exchange(text_, {});
    switch (filter.kind) {
      case Kind::kJson:
        append_json(before);
        break;
      case Kind::kSh:
        append_shell_word(before, text_);
        break;
      case Kind::kTsv:
        append_tsv(before, text_);
        break;
      case Kind::kCsv:
        append_csv(before, text_);
        break;
      case Kind::kWidth:
        append_padded(before, filter.width, text_);
        break;
      case Kind::kOr:
        break;
    }
    json_ = {};
    is_absent_ = false;
  }

  void append_json(const std::string& before) {
    if (is_absent_) {
      text_ = "null";
    } else if (!json_.empty()) {
      append_json_line(json_, text_);
    } else {
      json::append_string(text_, before);
    }
  }

  /// What is there stays as it is, JSON too.
  void apply_default(const std::string& text) {
    if (!text_.empty()) return;
    text_ = text;
    json_ = {};
    is_absent_ = false;
  }

  const wire::ReceivedEvent& event_;
  const Replay replay_;
  const std::string_view metric_;
  std::optional<bool> is_json_;

  std::string text_;
  std::string_view json_;   // the same as JSON, as it was sent; empty: it is only text
  bool is_absent_ = false;  // there is no such value
};

Result<Template> Template::parse(std::string_view text) {
  return Reader(text).read();
}

bool Template::shows_metric() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const auto& part) {
    const auto* const field = std::get_if<Field>(&part);
    const auto* const name = field == nullptr ? nullptr : std::get_if<Name>(&field->source);
    return name != nullptr && *name == Name::kMetric;
  });
}

void Template::append(const EventView& view, Target target, std::string& out) const {
  Filling filling(view);
  for (const auto& part : parts_) {
    if (const auto* literal = std::get_if<std::string>(&part)) {
      out += *literal;
      continue;
    }
    const auto text = filling.text_of(*std::get_if<Field>(&part));
    if (target == Target::kTerminal) {
      append_escaped_lines(text, out);
    } else {
      out += text;
    }
  }
}

}  // namespace sse::sub
