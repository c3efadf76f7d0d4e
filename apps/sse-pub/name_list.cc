#include "name_list.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "sse/base/escape.h"
#include "sse/base/quantities.h"
#include "sse/base/time_text.h"
#include "sse/client/endpoint.h"
#include "sse/json/string.h"
#include "sse/wire/event_id.h"

namespace sse::pub {
namespace {

constexpr std::string_view kMetricTopics = "metrics/";
constexpr std::string_view kPage = "limit=10000";

struct Kept {
  std::size_t events = 0;
  client::PolledEvent newest;
};

using Names = std::map<std::string, Kept>;
using UnixTime = std::chrono::sys_time<std::chrono::milliseconds>;

std::optional<UnixTime> time_of(const client::PolledEvent& event) {
  const auto id = wire::EventId::parse(event.id);
  return id ? std::optional(UnixTime(id->unix_time())) : std::nullopt;
}

std::string time_text(const client::PolledEvent& event) {
  const auto time = time_of(event);
  return time ? format_rfc3339_millis(*time) : "";
}

void add(Names& names, Listed listed, client::PolledEvent&& event) {
  const std::string& name = listed == Listed::kTopics ? event.topic : event.type;
  const bool is_hidden =
      listed == Listed::kTopics && (name.empty() || name.starts_with(kMetricTopics));
  if (is_hidden) return;
  Kept& kept = names[name];
  ++kept.events;
  kept.newest = std::move(event);
}

/// All pages up to what is newest now: a busy hub has no end.
client::Published<Names> kept_names(const Session& session) {
  Names names;
  // Without a position a poll asks for a cursor only.
  const std::string head = SSE_TRY(session.client.poll("limit=1")).cursor;
  const std::string first = kept_events_path(session.options.since);
  std::string query = first.substr(first.find('?') + 1);
  while (true) {
    auto page = SSE_TRY(session.client.poll(query));
    if (page.events.empty()) return names;
    const bool is_last = page.cursor >= head;  // ids of one log sort as text
    for (auto& event : page.events) {
      if (event.id <= head) add(names, session.options.listed, std::move(event));
    }
    if (is_last) return names;
    query.assign(kPage).append("&after=").append(client::percent_encode(page.cursor));
  }
}

void append_text_member(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  if (text.empty()) {
    out += "null";
  } else {
    json::append_string(out, text);
  }
}

/// The newest event in the members of `sse-sub -o json`.
std::string json_line(const std::string& name, const Kept& kept, Listed listed) {
  const client::PolledEvent& event = kept.newest;
  std::string json = listed == Listed::kTopics ? "{\"topic\":" : "{\"event\":";
  json::append_string(json, name);
  json.append(",\"events\":").append(std::to_string(kept.events));
  append_text_member(json, "id", event.id);
  append_text_member(json, "time", time_text(event));
  if (listed == Listed::kTopics) {
    append_text_member(json, "event", event.type);
  } else {
    append_text_member(json, "topic", event.topic);
  }
  json += ",\"data\":";
  if (client::is_json(event.data) && event.data.find_first_of("\r\n") == std::string::npos) {
    json += event.data;
  } else {
    json::append_string(json, event.data);
  }
  return json + "}\n";
}

std::string table_of(const Names& names, WallTime now) {
  std::size_t width = 0;
  std::size_t count_width = 0;
  for (const auto& [name, kept] : names) {
    width = std::max(width, escaped(name).size());
    count_width = std::max(count_width, std::to_string(kept.events).size());
  }
  std::string table;
  for (const auto& [name, kept] : names) {
    const std::string shown = escaped(name);
    const std::string count = std::to_string(kept.events);
    const auto time = time_of(kept.newest);
    std::string age = "-";
    if (time) {
      const auto seconds = std::chrono::floor<std::chrono::seconds>(now - *time);
      age = format_duration(std::max(seconds, std::chrono::seconds(0)));
    }
    table.append(shown).append(width + 2 - shown.size(), ' ');
    table.append(count_width - count.size(), ' ').append(count).append("  ").append(age) += '\n';
  }
  return table;
}

std::string lines_of(const Names& names, const Options& options, WallTime now) {
  if (options.list_format == ListFormat::kTable) return table_of(names, now);
  std::string lines;
  for (const auto& [name, kept] : names) {
    if (options.list_format == ListFormat::kJson) {
      lines += json_line(name, kept, options.listed);
    } else {
      lines += escaped(name);
      if (options.list_format == ListFormat::kTsv) {
        lines.append("\t").append(std::to_string(kept.events)).append("\t");
        lines += time_text(kept.newest);
      }
      lines += '\n';
    }
  }
  return lines;
}

}  // namespace

std::string kept_events_path(const std::optional<WallTime>& since) {
  const std::string start =
      since ? client::percent_encode(format_rfc3339_nanos(*since)) : "earliest";
  return "/events?" + std::string(kPage) + "&since=" + start;
}

cli::ExitCode list_names(const Session& session) {
  const auto names = kept_names(session);
  if (!names) return report(names.error());
  const bool is_written = print(lines_of(*names, session.options, session.clock.now().wall));
  return is_written ? cli::ExitCode::kDone : cli::ExitCode::kOutputFailed;
}

}  // namespace sse::pub
