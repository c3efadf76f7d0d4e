#include "system/publishing.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "support/catch.h"

namespace sse::test {
namespace {

constexpr std::size_t kLargestBatch = 60;
constexpr std::array kTypes{"deploy", "deploy.done", "alarm", "message"};
constexpr std::array kTopics{"ci/api", "ci/web", "ci/web/eu", "house/door", ""};
constexpr std::string_view kBadLine = "{\"not\": JSON\n";

}  // namespace

std::string create_metric(std::uint16_t port, const std::string& name,
                          std::vector<Published>& published) {
  const auto answer =
      request(port, "POST", "/metrics", R"({"name":")" + name + R"(","input_frequency":"1s"})");
  REQUIRE(answer.status == 201);
  std::string id = nlohmann::json::parse(answer.body).at("id");
  published.push_back({answer.header("SSE-Event-Id"), "", "metric_created", "metrics/" + id});
  return id;
}

Publishing::Publishing(std::uint16_t port, std::uint32_t seed, std::vector<std::string> metrics,
                       std::size_t readings)
    : connection_(port), random_(seed), metrics_(std::move(metrics)), readings_left_(readings) {
}

bool Publishing::publish_next() {
  if (readings_left_ == 0) return false;
  const std::size_t kind = below(8);
  if (kind < 4) {
    post("/metrics/readings", "application/json", next_reading());
  } else if (kind < 6) {
    const auto count = std::min(readings_left_, 1 + below(kLargestBatch));
    post("/metrics/readings", "application/x-ndjson", next_batch(&Publishing::next_reading, count));
  } else if (kind == 6) {
    post("/events", "application/json", next_event());
  } else {
    post("/events", "application/x-ndjson",
         next_batch(&Publishing::next_event, 1 + below(kLargestBatch / 4)));
  }
  return true;
}

std::string Publishing::next_reading() {
  --readings_left_;
  const auto& metric = metrics_[below(metrics_.size())];
  awaited_.push_back({"", "", "metric_reading_created", "metrics/" + metric});
  return R"({"metric_id":")" + metric + R"(","value":)" + std::to_string(below(1000)) + "}";
}

std::string Publishing::next_event() {
  const std::string type = kTypes[below(kTypes.size())];
  const std::string topic = kTopics[below(kTopics.size())];
  awaited_.push_back({"", "", type, topic});
  std::string text = R"({"type":")" + type + '"';
  if (!topic.empty()) text += R"(,"topic":")" + topic + '"';
  return text + R"(,"data":")" + std::string(below(300), 'x') + R"(\nsecond line"})";
}

std::string Publishing::next_batch(std::string (Publishing::*next)(), std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) {
    if (below(20) == 0) lines += kBadLine;
    lines += (this->*next)() + '\n';
  }
  is_batch_ = true;
  return lines;
}

void Publishing::post(std::string_view target, std::string_view content_type,
                      const std::string& body) {
  std::string text = "POST " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  text += "Content-Type: " + std::string(content_type) + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  connection_.send(text);
}

void Publishing::take_answer(std::vector<Published>& published) {
  const auto answer = read_answer(connection_);
  const auto json = nlohmann::json::parse(answer.body);
  nlohmann::json results = nlohmann::json::array({json});
  if (is_batch_) {
    REQUIRE(answer.status == 200);
    REQUIRE(json.at("accepted") == awaited_.size());
    results = json.at("results");
  } else {
    REQUIRE(answer.status == 201);
    awaited_.front().event_id = answer.header("SSE-Event-Id");
  }
  for (const auto& result : results) {
    if (result.contains("error")) continue;
    auto& event = awaited_.front();
    const bool is_reading = event.type == "metric_reading_created";
    (is_reading ? event.reading_id : event.event_id) = result.at("id");
    published.push_back(std::move(event));
    awaited_.pop_front();
  }
  REQUIRE(awaited_.empty());
  is_batch_ = false;
}

}  // namespace sse::test
