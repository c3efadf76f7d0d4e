#include "printer.h"

#include <array>

#include "sse/base/time_text.h"
#include "sse/client/json_text.h"
#include "sse/wire/event_id.h"

namespace sse::sub {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_control(unsigned char byte) {
  return (byte < 0x20 && byte != '\t') || byte == 0x7F;
}

/// `\x1b` (with that prefix) for what a terminal would obey: C0 but TAB, DEL, and C1 in its UTF-8
/// form.
void append_escaped(std::string_view text, std::string_view prefix, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xC2 && i + 1 < text.size() &&
                       static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                       static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (!is_control(byte) && !is_c1) {
      out += text[i];
      continue;
    }
    const auto shown = is_c1 ? static_cast<unsigned char>(text[++i]) : byte;
    out += prefix;
    out += kHexDigits[shown >> 4U];
    out += kHexDigits[shown & 0xFU];
  }
}

void append_member(std::string_view name, std::string_view value, std::string& out) {
  out += name;
  if (value.empty()) {
    out += "null";
  } else {
    client::append_json_string(value, out);
  }
}

/// JSON as it was sent; between its tokens it may hold line ends, and the object is one line.
void append_json(std::string_view json, std::string& out) {
  const std::size_t start = out.size();
  out += json;
  const auto next = [&](std::size_t from) { return out.find_first_of("\r\n", from); };
  for (std::size_t i = next(start); i != std::string::npos; i = next(i)) out[i] = ' ';
}

void append_object(const wire::ReceivedEvent& event, Replay replay, std::string& out) {
  append_member("{\"id\":", event.id, out);
  append_member(",\"event\":", event.type, out);
  append_member(",\"topic\":", event.topic, out);
  out += ",\"data\":";
  if (client::is_json(event.data)) {
    append_json(event.data, out);
  } else {
    client::append_json_string(event.data, out);
  }
  append_member(",\"time\":", time_of(event.id), out);
  out += replay == Replay::kYes ? ",\"replay\":true}" : ",\"replay\":false}";
}

}  // namespace

void Printer::print(const wire::ReceivedEvent& event, Replay replay, std::string& out) {
  switch (format_) {
    case Format::kData:
      append_text(event.data, out);
      out += '\n';
      break;
    case Format::kJson:
      if (target_ == Target::kFile) {
        append_object(event, replay, out);
      } else {
        scratch_.clear();
        append_object(event, replay, scratch_);
        append_escaped(scratch_, "\\u00", out);  // they can only be inside a string
      }
      out += '\n';
      break;
    case Format::kSse:
      print_sse(event, out);
      break;
    case Format::kNone:
      break;
  }
}

void Printer::print_sse(const wire::ReceivedEvent& event, std::string& out) const {
  const auto field = [&](std::string_view name, std::string_view value) {
    out += name;
    append_text(value, out);
    out += '\n';
  };
  if (!event.id.empty()) field("id: ", event.id);
  if (event.type != "message") field("event: ", event.type);
  if (!event.topic.empty()) field("topic: ", event.topic);
  std::string_view rest = event.data;
  for (;;) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    field("data: ", line);
    if (line.size() == rest.size()) break;
    rest.remove_prefix(line.size() + 1);
  }
  out += '\n';
}

void Printer::append_text(std::string_view text, std::string& out) const {
  if (target_ == Target::kFile) {
    out += text;
    return;
  }
  // Line ends are ours to keep.
  for (;;) {
    const std::string_view line = text.substr(0, text.find('\n'));
    append_escaped(line, "\\x", out);
    if (line.size() == text.size()) break;
    out += '\n';
    text.remove_prefix(line.size() + 1);
  }
}

std::string time_of(std::string_view id) {
  const auto parsed = wire::EventId::parse(id);
  return parsed ? format_rfc3339(WallTime(parsed->unix_time())) : "";
}

}  // namespace sse::sub
