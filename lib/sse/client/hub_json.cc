#include "sse/client/hub_json.h"

#include <nlohmann/json.hpp>

#include "sse/client/event_source.h"
#include "sse/json/number.h"

namespace sse::client {
namespace {

using Json = nlohmann::json;

/// The first byte of every JSON value; spares the parser most texts that are not JSON.
constexpr std::string_view kFirstBytes = "{[\"-0123456789tfn \t\r\n";

/// A discarded value when `text` is not JSON.
Json parse(std::string_view text) {
  return Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

/// Null when `object` is not an object or has no such text.
const std::string* find_text(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(name);
  return member == object.end() ? nullptr : member->get_ptr<const std::string*>();
}

std::string text_of(const Json& object, const char* name) {
  const std::string* text = find_text(object, name);
  return text == nullptr ? std::string() : *text;
}

std::chrono::nanoseconds frequency_of(const Json& metric) {
  const auto member = metric.find("input_frequency");
  const bool is_there = member != metric.end() && member->is_number_integer();
  return std::chrono::nanoseconds(is_there ? member->get<std::int64_t>() : 0);
}

std::optional<KnownReading> reading_of(const Json& item) {
  const std::string* timestamp = find_text(item, "timestamp");
  const auto value = item.is_object() ? item.find("value") : item.end();
  if (timestamp == nullptr || value == item.end() || !value->is_number()) return std::nullopt;
  KnownReading reading{"", *timestamp};
  json::append_number(reading.value, value->get<double>());
  return reading;
}

std::optional<KnownReading> newest_of(const Json& metric) {
  const auto readings = metric.find("readings");
  const bool is_there = readings != metric.end() && readings->is_array() && !readings->empty();
  return is_there ? reading_of(readings->back()) : std::nullopt;
}

Error not_of_a_hub(const char* what) {
  return {ErrorCode::kInvalid, std::string(what) + " is not the JSON of a hub"};
}

/// Reads `{...,"results":[{"id":"..."},{"error":"..."}]}` as it comes: an answer has thousands of
/// results, and building all of them as JSON first takes longer than reading them.
class ResultsReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool has_results() const { return has_results_; }
  std::vector<ItemResult> take() { return std::move(results_); }

  bool start_object(std::size_t /*size*/) override {
    ++depth_;
    if (is_in_results()) results_.emplace_back();
    return true;
  }
  bool end_object() override {
    const bool is_good =
        !is_in_results() || !results_.back().id.empty() || !results_.back().error.empty();
    --depth_;
    return is_good;
  }
  bool start_array(std::size_t /*size*/) override {
    if (depth_++ == 1 && key_ == "results") has_results_ = in_results_ = true;
    return true;
  }
  bool end_array() override {
    if (--depth_ == 1) in_results_ = false;
    return true;
  }
  bool key(string_t& name) override {
    key_.swap(name);
    return true;
  }
  bool string(string_t& text) override {
    if (!is_in_results()) return is_no_result();
    if (key_ == "id") results_.back().id = text;
    if (key_ == "error") results_.back().error = text;
    return true;
  }
  bool null() override { return is_no_result(); }
  bool boolean(bool /*value*/) override { return is_no_result(); }
  bool number_integer(number_integer_t /*value*/) override { return is_no_result(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return is_no_result(); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return is_no_result();
  }
  bool binary(binary_t& /*value*/) override { return false; }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*why*/) override {
    return false;
  }

 private:
  /// The object around, the array, the result.
  bool is_in_results() const { return in_results_ && depth_ == 3; }
  /// A value that stands directly in the array is not an object, so it is not a result.
  bool is_no_result() const { return !in_results_ || depth_ > 2; }

  std::size_t depth_ = 0;
  bool in_results_ = false;
  bool has_results_ = false;
  std::string key_;
  std::vector<ItemResult> results_;
};

}  // namespace

Gap read_gap(std::string_view data) {
  const Json object = parse(data);
  Gap gap;
  gap.requested = text_of(object, "requested");
  gap.oldest = text_of(object, "oldest");
  gap.reason = text_of(object, "reason");
  if (object.is_object() && object.contains("missed") && object["missed"].is_number_unsigned()) {
    gap.missed = object["missed"].get<std::uint64_t>();
  }
  return gap;
}

std::string read_closing_reason(std::string_view data) {
  return member_text(data, "reason");
}

Result<std::vector<ItemResult>> read_results(std::string_view body) {
  ResultsReader reader;
  const bool is_json = Json::sax_parse(body.begin(), body.end(), &reader);
  if (!is_json || !reader.has_results()) return not_of_a_hub("the answer to a batch");
  return reader.take();
}

Result<std::vector<KnownMetric>> read_metrics(std::string_view body) {
  Json answer = parse(body);
  if (answer.is_object()) answer = Json::array({std::move(answer)});
  if (!answer.is_array()) return not_of_a_hub("the list of metrics");
  std::vector<KnownMetric> metrics;
  for (const Json& item : answer) {
    const std::string* id = find_text(item, "id");
    if (id == nullptr || id->empty()) return not_of_a_hub("the list of metrics");
    metrics.push_back(
        {*id, text_of(item, "name"), frequency_of(item), newest_of(item), text_of(item, "unit")});
  }
  return metrics;
}

Result<std::vector<KnownReading>> read_readings(std::string_view body) {
  const Json list = parse(body);
  if (!list.is_array()) return not_of_a_hub("the list of readings");
  std::vector<KnownReading> readings;
  for (const Json& item : list) {
    auto reading = reading_of(item);
    if (!reading) return not_of_a_hub("the list of readings");
    readings.push_back(*std::move(reading));
  }
  return readings;
}

Result<PolledEvents> read_polled_events(std::string_view body) {
  const Json answer = parse(body);
  const Json list = answer.is_object() ? answer.value("events", Json()) : Json();
  if (!list.is_array()) return not_of_a_hub("the list of events");
  PolledEvents polled;
  polled.cursor = text_of(answer, "cursor");
  for (const Json& event : list) {
    const std::string* type = find_text(event, "type");
    const std::string* topic = find_text(event, "topic");
    if (type == nullptr || topic == nullptr) return not_of_a_hub("the list of events");
    polled.events.push_back({*type, *topic, text_of(event, "id"), text_of(event, "data")});
  }
  return polled;
}

std::string member_text(std::string_view body, const char* name) {
  return text_of(parse(body), name);
}

bool is_json(std::string_view text) {
  if (text.empty() || kFirstBytes.find(text.front()) == std::string_view::npos) return false;
  return Json::accept(text.begin(), text.end());
}

}  // namespace sse::client
