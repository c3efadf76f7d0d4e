#include "sse/client/publish_json.h"

#include <cctype>

#include <nlohmann/json.hpp>

#include "sse/base/escape.h"
#include "sse/base/utf8.h"

namespace sse::client {
namespace {

using Json = nlohmann::ordered_json;

Json parse(std::string_view text) {
  return Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

std::string text_of(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::chrono::nanoseconds frequency_of(const Json& metric) {
  if (!metric.is_object()) return {};
  const auto member = metric.find("input_frequency");
  const bool is_there = member != metric.end() && member->is_number_integer();
  return std::chrono::nanoseconds(is_there ? member->get<std::int64_t>() : 0);
}

Result<std::string> as_string(std::string_view what, std::string_view text) {
  if (is_valid_utf8(text)) return Json(text).dump();
  return Error{ErrorCode::kInvalid, std::string(what) + " is not UTF-8: " + sse::quoted(text)};
}

/// Reads `{...,"results":[{"id":"..."},{"error":"..."}]}` as it comes: an answer has thousands of
/// results, and building all of them as JSON first takes longer than reading them.
class ResultsReader final : public nlohmann::json_sax<Json> {
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
  /// A value that is directly in the array is no object, so no result.
  bool is_no_result() const { return !in_results_ || depth_ > 2; }

  std::size_t depth_ = 0;
  bool in_results_ = false;
  bool has_results_ = false;
  std::string key_;
  std::vector<ItemResult> results_;
};

std::size_t count_digits(std::string_view text, std::size_t from) {
  std::size_t end = from;
  while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
  return end - from;
}

}  // namespace

Result<std::string> json_number(std::string_view text) {
  const Error wrong{ErrorCode::kInvalid,
                    sse::quoted(text) + " is not a number; expected one like 3, -0.5 or 1e6"};
  const bool is_negative = text.starts_with('-');
  std::size_t at = is_negative || text.starts_with('+') ? 1 : 0;
  const std::size_t whole = count_digits(text, at);
  std::string_view before_point = text.substr(at, whole);
  at += whole;
  std::string_view after_point;
  if (at < text.size() && text[at] == '.') {
    after_point = text.substr(at + 1, count_digits(text, at + 1));
    at += 1 + after_point.size();
  }
  if (before_point.empty() && after_point.empty()) return wrong;
  while (before_point.size() > 1 && before_point.front() == '0') before_point.remove_prefix(1);

  std::string number = is_negative ? "-" : "";
  number += before_point.empty() ? "0" : before_point;
  if (!after_point.empty()) number.append(".").append(after_point);
  if (at == text.size()) return number;
  const std::string_view exponent = text.substr(at);
  const std::size_t sign =
      exponent.size() > 1 && (exponent[1] == '-' || exponent[1] == '+') ? 1 : 0;
  const std::size_t digits = count_digits(exponent, 1 + sign);
  const bool is_whole = digits > 0 && 1 + sign + digits == exponent.size();
  if ((exponent.front() != 'e' && exponent.front() != 'E') || !is_whole) return wrong;
  return number.append(exponent);
}

Result<std::string> reading_json(const NewReading& reading) {
  std::string json = "{\"metric_id\":" + SSE_TRY(as_string("the metric", reading.metric_id));
  json += ",\"value\":" + reading.value;
  if (reading.timestamp) json += ",\"timestamp\":\"" + *reading.timestamp + '"';
  return json += '}';
}

Result<std::string> event_json(const NewEvent& event) {
  std::string json = "{";
  if (!event.type.empty()) json += "\"type\":" + SSE_TRY(as_string("the type", event.type)) + ',';
  if (!event.topic.empty()) {
    json += "\"topic\":" + SSE_TRY(as_string("the topic", event.topic)) + ',';
  }
  return json + "\"data\":" + SSE_TRY(as_string("the data", event.data)) + '}';
}

Result<std::string> metric_json(std::string_view name, std::string_view input_frequency,
                                bool if_missing) {
  std::string json = "{\"name\":" + SSE_TRY(as_string("the name", name));
  json += ",\"input_frequency\":" + SSE_TRY(as_string("the frequency", input_frequency));
  if (if_missing) json += ",\"if_missing\":true";
  return json += '}';
}

std::optional<std::vector<ItemResult>> read_results(std::string_view body) {
  ResultsReader reader;
  const bool is_json = Json::sax_parse(body.begin(), body.end(), &reader);
  if (!is_json || !reader.has_results()) return std::nullopt;
  return reader.take();
}

std::optional<std::vector<KnownMetric>> read_known_metrics(std::string_view body) {
  Json answer = parse(body);
  if (answer.is_object()) answer = Json::array({std::move(answer)});
  if (!answer.is_array()) return std::nullopt;
  std::vector<KnownMetric> metrics;
  for (const Json& item : answer) {
    metrics.push_back({text_of(item, "id"), text_of(item, "name"), frequency_of(item)});
    if (metrics.back().id.empty()) return std::nullopt;
  }
  return metrics;
}

std::string member_text(std::string_view body, const char* name) {
  return text_of(parse(body), name);
}

}  // namespace sse::client
