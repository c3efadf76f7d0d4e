#include "pretty.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string_view>

#include "sse/base/ascii.h"
#include "sse/client/hub_json.h"
#include "sse/json/pointer.h"
#include "sse/wire/event_id.h"

#include "text_forms.h"

namespace sse::sub {
namespace {

// Select Graphic Rendition; the sixteen colours, which every theme keeps readable.
constexpr std::string_view kTime = "2";
constexpr std::string_view kType = "1;36";
constexpr std::string_view kTopic = "35";
constexpr std::string_view kKey = "34";
constexpr std::string_view kString = "32";
constexpr std::string_view kNumber = "33";
constexpr std::string_view kWord = "1";

constexpr std::string_view kNoTime = "--:--:--.---";
constexpr std::string_view kIndent = "             ";  // as wide as a time and a blank

class Painter {
 public:
  Painter(Color color, std::string& out) : is_on_(color == Color::kYes), out_(out) {}

  void paint(std::string_view style, std::string_view text, std::string_view prefix = "\\x") {
    if (is_on_) out_.append("\x1B[").append(style).append("m");
    append_escaped(text, prefix, out_);
    if (is_on_) out_ += "\x1B[0m";
  }

  void plain(std::string_view text) { append_escaped(text, "\\x", out_); }

  /// JSON, which holds no control character outside its strings but white space.
  void json(std::string_view json) {
    while (!json.empty()) {
      const auto size = token_size(json);
      const auto token = json.substr(0, size);
      json.remove_prefix(size);
      paint_token(token, json);
    }
  }

 private:
  static std::size_t token_size(std::string_view json) {
    constexpr std::string_view kBetween = "{}[]:, \t\r\n";
    if (json.front() != '"') {
      const bool is_between = kBetween.find(json.front()) != std::string_view::npos;
      const auto end = is_between ? json.find_first_not_of(kBetween) : json.find_first_of(kBetween);
      return std::min(end, json.size());
    }
    std::size_t at = 1;
    while (json[at] != '"') at += json[at] == '\\' ? 2U : 1U;
    return at + 1;
  }

  void paint_token(std::string_view token, std::string_view rest) {
    const char first = token.front();
    if (first == '"') {
      const auto next = rest.find_first_not_of(" \t\r\n");
      const bool is_key = next != std::string_view::npos && rest[next] == ':';
      paint(is_key ? kKey : kString, token, "\\u00");
    } else if (first == '-' || is_digit(first)) {
      paint(kNumber, token);
    } else if (first == 't' || first == 'f' || first == 'n') {
      paint(kWord, token);
    } else {
      append_json_line(token, out_);
    }
  }

  const bool is_on_;
  std::string& out_;
};

std::string time_of_day(std::string_view id) {
  const auto parsed = wire::EventId::parse(id);
  if (!parsed) return std::string(kNoTime);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(parsed->unix_time());
  const std::time_t count = seconds.count();
  std::tm local{};
  ::localtime_r(&count, &local);
  std::array<char, 16> text{};
  const auto size = std::strftime(text.data(), text.size(), "%H:%M:%S", &local);
  std::snprintf(text.data() + size, text.size() - size, ".%03d",
                static_cast<int>((parsed->unix_time() - seconds).count()));
  return text.data();
}

void append_lines(std::string_view data, Painter& painter, std::string& out) {
  for (;;) {
    const auto line = data.substr(0, data.find('\n'));
    painter.plain(line);
    if (line.size() == data.size()) return;
    data.remove_prefix(line.size() + 1);
    out.append("\n").append(kIndent);
  }
}

/// The value of a reading whose metric has a name: the rest of it says no more to people.
std::optional<json::Value> reading_of(const EventView& view) {
  static const auto pointer = json::Pointer::parse("/value");
  const bool is_reading = view.event.type == "metric_reading_created" && !view.metric.empty();
  if (!is_reading || !pointer || !client::is_json(view.event.data)) return std::nullopt;
  return pointer->find(view.event.data);
}

}  // namespace

void append_pretty(const EventView& view, Color color, std::string& out) {
  const wire::ReceivedEvent& event = view.event;
  Painter painter(color, out);
  painter.paint(kTime, time_of_day(event.id));
  out += ' ';
  if (const auto value = reading_of(view)) {
    painter.paint(kType, view.metric);
    out += ' ';
    painter.paint(kNumber, value->text);
    out += '\n';
    return;
  }
  painter.paint(kType, event.type);
  out += ' ';
  if (!event.topic.empty()) {
    painter.paint(kTopic, event.topic);
    out += ' ';
  }
  if (client::is_json(event.data)) {
    painter.json(event.data);
  } else {
    append_lines(event.data, painter, out);
  }
  out += '\n';
}

}  // namespace sse::sub
