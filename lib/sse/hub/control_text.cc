#include "sse/hub/control_text.h"

#include <algorithm>

#include "sse/json/string.h"
#include "sse/wire/done_id.h"
#include "sse/wire/encoder.h"

namespace sse::hub {

std::string comment_of(std::size_t bytes) {
  constexpr std::size_t kShortest = 2;
  std::string comment(std::max(bytes, kShortest), ' ');
  comment.front() = ':';
  comment.back() = '\n';
  return comment;
}

std::string greeting(std::chrono::milliseconds reconnection_time) {
  return wire::encode_retry(reconnection_time) + ": open\n";
}

std::string gap_json(const log::Gap& gap) {
  std::string text = "{\"requested\":";
  json::append_string(text, gap.requested);
  text += ",\"oldest\":\"" + wire::to_string(gap.oldest) + '"';
  text += ",\"missed\":" + (gap.missed ? std::to_string(*gap.missed) : "null");
  text += ",\"reason\":\"" + std::string(log::to_string(gap.reason)) + "\"}";
  return text;
}

std::string gap_block(const log::Gap& gap) {
  return wire::encode_control("sse.gap", gap_json(gap));
}

std::string closing_block(CloseReason reason, std::chrono::milliseconds reconnection_time) {
  std::string text = "{\"reason\":\"" + std::string(to_string(reason)) + '"';
  text += ",\"retry\":" + std::to_string(reconnection_time.count()) + '}';
  return wire::encode_retry(reconnection_time) + wire::encode_control("sse.closing", text);
}

std::string end_text(const wire::EventId& last, std::chrono::milliseconds reconnection_time) {
  return wire::encode_id_only(wire::done_id(wire::to_string(last))) +
         closing_block(CloseReason::kDone, reconnection_time);
}

}  // namespace sse::hub
