#include "printer.h"

#include <utility>

#include "sse/client/hub_json.h"
#include "sse/json/string.h"

#include "text_forms.h"

namespace sse::sub {
namespace {

void append_member(std::string_view name, std::string_view value, std::string& out) {
  out += name;
  if (value.empty()) {
    out += "null";
  } else {
    json::append_string(out, value);
  }
}

void append_object(const EventView& view, std::string& out) {
  const wire::ReceivedEvent& event = view.event;
  append_member("{\"id\":", event.id, out);
  append_member(",\"event\":", event.type, out);
  append_member(",\"topic\":", event.topic, out);
  if (!view.metric.empty()) append_member(",\"metric\":", view.metric, out);
  out += ",\"data\":";
  if (client::is_json(event.data)) {
    append_json_line(event.data, out);
  } else {
    json::append_string(out, event.data);
  }
  append_member(",\"time\":", time_of(event.id), out);
  out += view.replay == Replay::kYes ? ",\"replay\":true}" : ",\"replay\":false}";
}

void append_columns(const EventView& view, std::string& out) {
  const wire::ReceivedEvent& event = view.event;
  const std::string time = time_of(event.id);
  const std::string_view columns[] = {event.id,    time,       event.type,
                                      event.topic, event.data, view.metric};
  for (const auto& column : columns) {
    if (&column != columns) out += '\t';
    append_tsv(column, out);
  }
}

/// The variables that a command of `-x` gets.
void append_assignments(const EventView& view, std::string& out) {
  const wire::ReceivedEvent& event = view.event;
  const std::string time = time_of(event.id);
  const std::pair<std::string_view, std::string_view> variables[] = {
      {"SSE_EVENT_ID", event.id},
      {"SSE_EVENT_TYPE", event.type},
      {"SSE_EVENT_TOPIC", event.topic},
      {"SSE_EVENT_TIME", time},
      {"SSE_EVENT_METRIC", view.metric},
      {"SSE_EVENT_REPLAY", view.replay == Replay::kYes ? "true" : "false"},
      {"SSE_EVENT_DATA", event.data}};
  for (const auto& variable : variables) {
    if (&variable != variables) out += ' ';
    append_shell_assignment(variable.first, variable.second, out);
  }
}

}  // namespace

bool Printer::shows_metric() const {
  if (template_) return template_->shows_metric();
  return format_ != Format::kData && format_ != Format::kSse && format_ != Format::kNone;
}

void Printer::print(const EventView& view, std::string& out) {
  const wire::ReceivedEvent& event = view.event;
  if (template_) {
    template_->append(view, style_.target, out);
    out += style_.end;
    return;
  }
  switch (format_) {
    case Format::kData:
      if (style_.target == Target::kFile) {
        out += event.data;
      } else {
        append_escaped_lines(event.data, out);
      }
      break;
    case Format::kJson:
      print_json(view, out);
      break;
    case Format::kTsv:
      scratch_.clear();
      append_columns(view, scratch_);
      append_shown(scratch_, out);
      break;
    case Format::kShell:
      scratch_.clear();
      append_assignments(view, scratch_);
      append_shown(scratch_, out);
      break;
    case Format::kSse:
      print_sse(event, out);
      return;
    case Format::kPretty:
      append_pretty(view, style_.color, out);
      return;
    case Format::kNone:
      return;
  }
  out += style_.end;
}

void Printer::print_json(const EventView& view, std::string& out) {
  if (style_.target == Target::kFile) {
    append_object(view, out);
    return;
  }
  scratch_.clear();
  append_object(view, scratch_);
  append_escaped(scratch_, "\\u00", out);  // they can only be inside a string
}

void Printer::print_sse(const wire::ReceivedEvent& event, std::string& out) const {
  const auto field = [&](std::string_view name, std::string_view value) {
    out += name;
    append_shown(value, out);
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

/// One line, or a field of one.
void Printer::append_shown(std::string_view text, std::string& out) const {
  if (style_.target == Target::kFile) {
    out += text;
  } else {
    append_escaped(text, "\\x", out);
  }
}

}  // namespace sse::sub
