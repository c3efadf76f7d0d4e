#include "metric_names.h"

#include <algorithm>

#include "sse/base/escape.h"
#include "sse/base/uuid.h"
#include "sse/json/pointer.h"

namespace sse::sub {
namespace {

using wire::ReceivedEvent;

constexpr std::string_view kCreated = "metric_created";
constexpr std::string_view kDeleted = "metric_deleted";
constexpr std::string_view kReading = "metric_reading_created";
constexpr std::string_view kTopicPrefix = "metrics/";

/// A hub that does not know a metric either is not asked about each of its readings.
constexpr std::chrono::seconds kBetweenLists{10};

std::string text_at(const ReceivedEvent& event, const char* pointer) {
  std::string text;
  const auto parsed = json::Pointer::parse(pointer);
  if (!parsed || !client::is_json(event.data)) return text;
  if (const auto value = parsed->find(event.data)) json::append_text_of(*value, text);
  return text;
}

/// Of the metric that an event is about: a hub leaves out the topic of its own events.
std::string metric_id_of(const ReceivedEvent& event) {
  if (event.topic.starts_with(kTopicPrefix)) return event.topic.substr(kTopicPrefix.size());
  if (event.type == kReading) return text_at(event, "/metric_id");
  if (event.type == kCreated || event.type == kDeleted) return text_at(event, "/id");
  return {};
}

std::unique_ptr<const hub::Filter> filter_of(const std::vector<std::string>& types,
                                             const std::vector<std::string>& topics) {
  if (types.empty() && topics.empty()) return nullptr;
  auto filter = hub::Filter::make(types, topics);
  return filter ? *std::move(filter) : nullptr;
}

}  // namespace

MetricNames::MetricNames(const Wanted& wanted, List list, const Clock& clock)
    : wanted_(wanted),
      list_(std::move(list)),
      clock_(clock),
      types_(filter_of(wanted.types, {})),
      topics_(filter_of({}, wanted.topics)) {
  for (const std::string& metric : wanted.metrics) {
    if (const auto id = parse_uuid(metric)) {
      ids_.push_back(to_string(*id));
    } else {
      named_.push_back({metric, ""});
    }
  }
}

void MetricNames::found(const std::string& name, const std::string& id) {
  names_[id] = name;
  for (Named& named : named_) {
    if (named.name == name) named.id = id;
  }
}

bool MetricNames::is_complete() const {
  return std::none_of(named_.begin(), named_.end(),
                      [](const Named& named) { return named.id.empty(); });
}

bool MetricNames::is_wanted(std::string_view id) const {
  return !id.empty() && (std::find(ids_.begin(), ids_.end(), id) != ids_.end() ||
                         std::any_of(named_.begin(), named_.end(),
                                     [&](const Named& named) { return named.id == id; }));
}

/// Names and values in turn.
std::vector<std::string> MetricNames::query() const {
  std::vector<std::string> words;
  const auto add = [&words](std::string_view name, std::string_view value) {
    words.emplace_back(name);
    words.emplace_back(value);
  };
  for (const std::string& type : wanted_.types) add("type", type);
  for (const std::string& topic : wanted_.topics) add("topic", topic);
  for (const std::string& id : ids_) add("metric", id);
  // What is filtered here, ends here: the hub would end it at another metric's event.
  if (is_complete()) {
    for (const std::string& type : wanted_.until_types) add("until_type", type);
  }
  if (named_.empty()) return words;
  if (!wanted_.types.empty()) add("type", kDeleted);  // it says when a name must be looked up
  if (is_complete()) {
    for (const Named& named : named_) add("metric", named.id);
    return words;
  }
  if (!wanted_.types.empty()) add("type", kCreated);
  add("topic", std::string(kTopicPrefix) + "#");
  return words;
}

void MetricNames::add_to(client::Endpoint& url) {
  asked_ = query();
  is_filtered_here_ = !is_complete();
  for (std::size_t i = 0; i < asked_.size(); i += 2) url.add_query(asked_[i], asked_[i + 1]);
}

MetricNames::Change MetricNames::on_open(std::string_view stream) {
  const bool is_other = !stream_.empty() && stream != stream_;
  stream_ = stream;
  if (!is_other) return Change::kNone;
  names_.clear();
  listed_at_.reset();
  for (Named& named : named_) named.id.clear();
  return look_up_again();
}

MetricNames::Change MetricNames::on_gap() {
  return look_up_again();
}

bool MetricNames::takes(const ReceivedEvent& event) {
  if (event.type == kCreated) {
    const std::string id = text_at(event, "/id");
    const std::string name = text_at(event, "/name");
    names_[id] = name;
    for (Named& named : named_) {
      if (named.name == name && named.id.empty()) named.id = id;
    }
  }
  if (named_.empty()) return true;
  if (types_ && !types_->wants_type(event.type)) return false;
  if (!is_filtered_here_) return true;
  const std::string id = metric_id_of(event);
  if (is_wanted(id)) return true;
  return topics_ &&
         topics_->wants_topic(id.empty() ? event.topic : std::string(kTopicPrefix).append(id));
}

MetricNames::Change MetricNames::after(const ReceivedEvent& event) {
  if (event.type != kDeleted) return Change::kNone;
  const std::string id = metric_id_of(event);
  names_.erase(id);
  for (Named& named : named_) {
    if (named.id == id) named.id.clear();
  }
  return query() == asked_ ? Change::kNone : Change::kOtherUrl;
}

std::string_view MetricNames::name_of(const ReceivedEvent& event) {
  if (event.type != kReading && event.type != kCreated && event.type != kDeleted) return {};
  const std::string id = metric_id_of(event);
  if (id.empty()) return {};
  auto known = names_.find(id);
  const BootTime now = clock_.now().boot;
  if (known == names_.end() && list_ && (!listed_at_ || now - *listed_at_ >= kBetweenLists)) {
    if (const auto metrics = list_()) {
      for (const auto& metric : *metrics) names_.emplace(metric.id, metric.name);
    }
    listed_at_ = now;
    known = names_.find(id);
  }
  return known == names_.end() ? std::string_view() : known->second;
}

/// Sets the ids of all names. What could not be asked stays as it is.
Status MetricNames::look_up() {
  const auto metrics = list_();
  if (!metrics) return {};
  for (Named& named : named_) {
    named.id.clear();
    for (const auto& metric : *metrics) {
      if (metric.name != named.name) continue;
      if (!named.id.empty()) {
        return Error{ErrorCode::kInvalid, "more than one metric is named " +
                                              sse::quoted(named.name) +
                                              " now; -m takes an id, too"};
      }
      named.id = metric.id;
    }
  }
  for (const auto& metric : *metrics) names_[metric.id] = metric.name;
  return {};
}

MetricNames::Change MetricNames::look_up_again() {
  if (named_.empty() || !list_) return Change::kNone;
  if (const auto looked_up = look_up(); !looked_up) {
    failure_ = looked_up.error().text;
    return Change::kAmbiguous;
  }
  return query() == asked_ ? Change::kNone : Change::kOtherUrl;
}

}  // namespace sse::sub
