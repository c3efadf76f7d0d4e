#include "sse/base/escape.h"
#include "sse/base/uuid.h"
#include "sse/client/hub_json.h"

#include "format.h"
#include "json_members.h"
#include "reading_text.h"

namespace sse::pub {
namespace {

Error wrong(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

/// The members that mean something, as they are written. Empty: not there, or null.
struct Members {
  std::string_view metric;
  std::string_view metric_id;
  std::string_view value;
  std::string_view timestamp;
  std::string_view type;  // `event` is what sse-sub calls it
  std::string_view topic;
  std::string_view data;
  bool has_only_event_members = true;  // the line can go to the hub as it is

  /// Where a member's value belongs; null for what hubs add themselves, as a new hub will.
  Result<std::string_view*> place(std::string_view name) {
    if (name == "data") return &data;
    if (name == "type") return &type;
    if (name == "topic") return &topic;
    has_only_event_members = false;
    if (name == "event") return &type;
    if (name == "metric") return &metric;
    if (name == "metric_id") return &metric_id;
    if (name == "value") return &value;
    if (name == "timestamp") return &timestamp;
    if (name == "id" || name == "time" || name == "replay") return nullptr;
    return wrong("unknown member " + sse::quoted(name) +
                 "; expected type, topic and data, or metric, value and timestamp");
  }
};

Result<Members> read_members(std::string_view line) {
  Members members;
  JsonMembers walk(line);
  const auto take = [&]() -> Status {
    std::string_view* const place = SSE_TRY(members.place(walk.name()));
    if (place == nullptr || walk.value() == "null") return {};
    if (!place->empty()) return wrong("it has two members " + sse::quoted(walk.name()));
    *place = walk.value();
    return {};
  };
  while (walk.next()) SSE_TRY(take());
  if (!walk.is_whole()) return walk.error();
  return members;
}

bool is_string(std::string_view json) {
  return json.size() >= 2 && json.front() == '"' && json.back() == '"';
}

class NdjsonFormat final : public Format {
 public:
  explicit NdjsonFormat(ItemsAs as) : as_(as) {}

  std::optional<std::size_t> cut(std::string_view bytes, More more) const override {
    return cut_line(bytes, more);
  }

  Status read(std::string_view record, Item& item) override {
    const std::string_view line = without_line_end(record);
    item.kind = Item::Kind::kNothing;
    if (line.find_first_not_of(" \t") == std::string_view::npos) return {};
    const Members members = SSE_TRY(read_members(line));
    // What sse-sub prints of an event has the name of its metric beside the data.
    const bool is_printed = !members.data.empty() && members.value.empty();
    const bool has_metric = !members.metric_id.empty() || (!members.metric.empty() && !is_printed);
    const bool is_reading = as_ == ItemsAs::kReadings || (as_ == ItemsAs::kAuto && has_metric);
    return is_reading ? read_reading(line, members, item) : read_event(line, members, item);
  }

 private:
  static Status read_event(std::string_view line, const Members& members, Item& item) {
    if (members.data.empty()) {
      return wrong("it has neither data, as an event has, nor a metric, as a reading has");
    }
    item.kind = Item::Kind::kEvent;
    if (members.has_only_event_members) {
      item.json = line;
      return {};
    }
    if (!members.metric_id.empty() || !members.value.empty() || !members.timestamp.empty()) {
      return wrong("it has members of an event and of a reading");
    }
    item.json = "{";
    if (!members.type.empty()) item.json.append("\"type\":").append(members.type).append(",");
    if (!members.topic.empty()) item.json.append("\"topic\":").append(members.topic).append(",");
    item.json.append("\"data\":").append(members.data).append("}");
    return {};
  }

  static Status read_reading(std::string_view line, const Members& members, Item& item) {
    if (!members.data.empty() || !members.topic.empty()) {
      return wrong("it has members of an event and of a reading");
    }
    SSE_TRY(read_metric(line, members, item.metric));
    if (members.value.empty()) return wrong("it has no value");
    item.kind = Item::Kind::kReading;
    // An empty timestamp is now, as it is to the hub.
    const bool is_now = members.timestamp.empty() || members.timestamp == "\"\"";
    if (is_now || is_string(members.timestamp)) {
      item.json = ",\"value\":";
      item.json += members.value;
      if (!is_now) {
        item.json.append(",\"timestamp\":").append(members.timestamp);
      }
      item.json += '}';
      return {};
    }
    write_reading(members.value, SSE_TRY(read_time(members.timestamp, std::nullopt)), item.json);
    return {};
  }

  static Status read_metric(std::string_view line, const Members& members, std::string& metric) {
    const bool is_named = members.metric_id.empty();
    const std::string_view text = is_named ? members.metric : members.metric_id;
    const char* const member = is_named ? "metric" : "metric_id";
    if (text.empty()) return wrong("it has no metric");
    if (!is_string(text)) return wrong(std::string("its ") + member + " is not a string");
    metric = text.substr(1, text.size() - 2);
    if (metric.find('\\') != std::string::npos) metric = client::member_text(line, member);
    if (metric.empty()) return wrong(std::string("its ") + member + " is not a name");
    if (!is_named && !parse_uuid(metric)) return wrong("its metric_id is not a UUID");
    return {};
  }

  const ItemsAs as_;
};

}  // namespace

std::unique_ptr<Format> ndjson_format(ItemsAs as) {
  return std::make_unique<NdjsonFormat>(as);
}

}  // namespace sse::pub
