#include "target.h"

#include <algorithm>
#include <sstream>

#include "sse/base/file_replacement.h"

#include "request.h"

namespace sse::bench {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::size_t kMostTokenBytes = std::size_t{64} << 20U;

std::string topic_name(std::size_t topic) {
  return "load/" + std::to_string(topic);
}

}  // namespace

std::string WatchRequest::text() const {
  std::string text = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  for (const auto& [name, value] : fields) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text + "\r\n";
}

Status Target::prepare() {
  SSE_TRY(read_tokens());
  if (!is_hub()) return {};
  constexpr std::string_view kId = "{\"id\":\"";
  constexpr std::size_t kIdLength = 36;
  Requests requests(publish_port());
  const bool has_metrics = shape_.kind == ServerKind::kReadings;
  for (std::size_t i = 0; i < (has_metrics ? shape_.topics : 1); ++i) {
    const std::string name = "load." + std::to_string(steady_ns());
    const auto reply = has_metrics
                           ? requests.post("/metrics", R"({"name":")" + name + "\"}", credential())
                           : requests.post("/events", R"({"type":"load","data":0})", credential());
    if (reply.status != 201) {
      return Error{ErrorCode::kUnavailable,
                   "the hub on port " + std::to_string(publish_port()) + " answered " +
                       (reply.status == 0 ? "nothing" : std::to_string(reply.status)) +
                       " to what is published first; 201 was expected"};
    }
    if (has_metrics) metrics_.push_back(reply.body.substr(kId.size(), kIdLength));
    resume_after_ = reply.field("SSE-Event-Id");
  }
  return {};
}

std::uint16_t Target::port_of(std::size_t index) const {
  const std::size_t node = index % (shape_.more_ports.size() + 1);
  return node == 0 ? shape_.port : shape_.more_ports[node - 1];
}

WatchRequest Target::watch_request(std::size_t topic, bool resuming) const {
  WatchRequest request{shape_.watch, {{"Accept", "text/event-stream"}}};
  auto& path = request.path;
  if (is_hub()) {
    if (path.empty()) path = "/events/watch";
    if (shape_.topics > 1) {
      path += path.find('?') == std::string::npos ? '?' : '&';
      path += shape_.kind == ServerKind::kReadings ? "metric=" + metrics_[topic]
                                                   : "topic=" + topic_name(topic);
    }
    if (resuming) request.fields.emplace_back("Last-Event-ID", resume_after_);
  } else if (shape_.kind == ServerKind::kRaw) {
    if (path.empty()) path = "/";
    if (resuming) request.fields.emplace_back("Last-Event-ID", "0");
  } else if (path.empty()) {
    path = resuming ? "/replay" : "/watch";
  }
  if (auto token = bearer(); !token.empty()) {
    request.fields.emplace_back("Authorization", std::move(token));
  }
  return request;
}

Status Target::read_tokens() {
  if (shape_.token_file.empty()) return {};
  const auto text = SSE_TRY(read_regular_file(shape_.token_file, kMostTokenBytes));
  std::istringstream lines(text.value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) tokens_.push_back(line);
  }
  if (tokens_.empty()) {
    return Error{ErrorCode::kInvalid, shape_.token_file + " has no tokens; expected one a line"};
  }
  return {};
}

std::string Target::bearer() const {
  if (tokens_.empty()) return {};
  const auto next = next_token_.fetch_add(1, std::memory_order_relaxed);
  return "Bearer " + tokens_[next % tokens_.size()];
}

std::string Target::credential() const {
  const auto token = bearer();
  return token.empty() ? token : "Authorization: " + token + "\r\n";
}

void Target::append_head(std::string& out, std::string_view type, std::size_t length) const {
  out.append("POST ").append(publish_path()).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  out.append(credential()).append("Content-Type: ").append(type);
  out.append("\r\nContent-Length: ").append(std::to_string(length)).append(kEndOfHead);
}

void Target::append_publish(std::string& out, const Ticket& ticket) const {
  std::string body;
  append_body(body, ticket);
  append_head(out, is_hub() ? "application/json" : "text/plain", body.size());
  out += body;
}

void Target::append_batch(std::string& out, const std::vector<Ticket>& tickets) const {
  std::string body;
  for (const auto& ticket : tickets) {
    append_body(body, ticket);
    body += '\n';
  }
  append_head(out, "application/x-ndjson", body.size());
  out += body;
}

bool Target::is_accepted(int status, std::string_view body, std::size_t events) const {
  if (status == 201 || status == 202) return events == 1;
  constexpr std::string_view kAccepted = "{\"accepted\":";
  return status == 200 && body.substr(0, kAccepted.size()) == kAccepted &&
         body.substr(kAccepted.size()).substr(0, body.find(',') - kAccepted.size()) ==
             std::to_string(events);
}

std::string_view Target::marker() const {
  return shape_.kind == ServerKind::kReadings ? "\"value\":" : "data: ";
}

int Target::id_base() const {
  if (shape_.kind == ServerKind::kNchan) return 0;
  return shape_.kind == ServerKind::kRaw ? 10 : 16;
}

std::string_view Target::publish_path() const {
  switch (shape_.kind) {
    case ServerKind::kReadings:
      return "/metrics/readings";
    case ServerKind::kEvents:
      return "/events";
    case ServerKind::kRaw:
    case ServerKind::kNchan:
      break;
  }
  return "/publish";
}

std::string Target::data_of(const Ticket& ticket) const {
  std::string data = std::to_string(ticket.sent_ns);
  if (data.size() < shape_.size) data.append(1, ' ').resize(shape_.size, 'x');
  return data;
}

void Target::append_body(std::string& out, const Ticket& ticket) const {
  const auto topic = ticket.number % std::max(shape_.topics, shape_.spread);
  if (shape_.kind == ServerKind::kReadings) {
    out.append(R"({"metric_id":")").append(metrics_[topic]).append(R"(","value":)");
    out.append(std::to_string(ticket.sent_ns)).append("}");
  } else if (shape_.kind == ServerKind::kEvents) {
    out.append(R"({"topic":")").append(topic_name(topic)).append(R"(","data":")");
    out.append(data_of(ticket)).append("\"}");
  } else {
    out.append(data_of(ticket));
  }
}

}  // namespace sse::bench
