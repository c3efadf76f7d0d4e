#include "sse/wire/encoder.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "sse/wire/line_ends.h"

namespace sse::wire {
namespace {

constexpr std::string_view kIdField = "id: ";
constexpr std::string_view kTypeField = "event: ";
constexpr std::string_view kTopicField = "topic: ";
constexpr std::string_view kDataField = "data: ";
constexpr std::string_view kRetryField = "retry: ";
constexpr std::string_view kDefaultType = "message";
static_assert(kIdField.size() == kIdOffset);

void append_line(std::string_view field, std::string_view value, std::string& out) {
  out.append(field).append(value).push_back('\n');
}

std::size_t count_line_ends(std::string_view text) {
  // Most data is one line, and saying so is much cheaper than counting to zero.
  if (LineEnds(text).next(0) == text.size()) return 0;
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n') +
                                  std::count(text.begin(), text.end(), '\r'));
}

void append_lines(std::string_view data, std::string& out) {
  LineEnds ends(data);
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = ends.next(at);
    append_line(kDataField, data.substr(at, end - at), out);
    if (end == data.size()) return;
    at = end + (data.compare(end, 2, "\r\n") == 0 ? 2 : 1);
  }
}

}  // namespace

void encode(const Event& event, std::string& out) {
  const bool with_type = !event.type.empty() && event.type != kDefaultType;
  const bool with_topic = event.topic_on_wire && !event.topic.empty();
  const std::size_t line_ends = count_line_ends(event.data);
  out.reserve(out.size() + kIdField.size() + kUuidLength + 1 +
              (with_type ? kTypeField.size() + event.type.size() + 1 : 0) +
              (with_topic ? kTopicField.size() + event.topic.size() + 1 : 0) + event.data.size() +
              (line_ends + 1) * (kDataField.size() + 1) + 1);
  out.append(kIdField).append(kUuidLength, '0').push_back('\n');
  if (with_type) append_line(kTypeField, event.type, out);
  if (with_topic) append_line(kTopicField, event.topic, out);
  if (line_ends == 0) {
    append_line(kDataField, event.data, out);
  } else {
    append_lines(event.data, out);
  }
  out.push_back('\n');
}

void set_id(char* block, const EventId& id) {
  const auto text = uuid_chars(id.uuid());
  std::memcpy(block + kIdOffset, text.data(), text.size());
}

std::string encode_id_only(const EventId& id) {
  return encode_id_only(to_string(id));
}

std::string encode_id_only(std::string_view id) {
  std::string block;
  append_line(kIdField, id, block);
  block.push_back('\n');
  return block;
}

std::string encode_retry(std::chrono::milliseconds reconnection_time) {
  std::string line;
  append_line(kRetryField, std::to_string(reconnection_time.count()), line);
  return line;
}

std::string encode_control(std::string_view type, std::string_view data) {
  std::string block;
  append_line(kTypeField, type, block);
  append_line(kDataField, data, block);
  block.push_back('\n');
  return block;
}

}  // namespace sse::wire
