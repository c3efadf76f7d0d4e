#pragma once

#include <string>
#include <vector>

#include "sse/wire/parser.h"

namespace sse::test {

/// Writes down what a parser tells, one line each.
class RecordingSink final : public wire::EventSink {
 public:
  bool on_event(wire::ReceivedEvent& event) override {
    events.push_back(event);
    lines.push_back("event id=" + event.id + " type=" + event.type + " topic=" + event.topic +
                    " data=" + event.data);
    return events.size() != stop_after;
  }
  void on_id(std::string_view id) override { lines.push_back("id " + std::string(id)); }
  void on_retry(std::chrono::milliseconds time) override {
    lines.push_back("retry " + std::to_string(time.count()));
  }
  void on_comment(std::string_view text) override {
    lines.push_back("comment " + std::string(text));
  }

  std::vector<std::string> lines;
  std::vector<wire::ReceivedEvent> events;
  std::size_t stop_after = 0;  ///< stops the parser at this many events; 0: never
};

}  // namespace sse::test
