#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sse/wire/event.h"

#include "event_view.h"
#include "pretty.h"
#include "template.h"

namespace sse::sub {

enum class Format {
  kData,    ///< the data
  kJson,    ///< one object a line
  kSse,     ///< text/event-stream again
  kTsv,     ///< id, time, event, topic, data and metric between TABs
  kShell,   ///< SSE_EVENT_ID='...' and so on, for eval
  kPretty,  ///< for people
  kNone,
};

/// Turns events into text, appended to a buffer; a kept buffer makes it free of allocations.
/// Thread-compatible.
class Printer {
 public:
  struct Style {
    Target target = Target::kFile;
    Color color = Color::kNo;
    char end = '\n';  ///< of a record; the blocks of kSse and what is for people have their own
  };

  Printer(Format format, const Style& style) : format_(format), style_(style) {}

  /// What is filled in for each event, instead of a format.
  Printer(Template filled, const Style& style)
      : format_(Format::kData), template_(std::move(filled)), style_(style) {}

  void print(const EventView& view, std::string& out);

  /// Whether the name of a metric is shown.
  bool shows_metric() const;

 private:
  void print_json(const EventView& view, std::string& out);
  void print_sse(const wire::ReceivedEvent& event, std::string& out) const;
  void append_shown(std::string_view text, std::string& out) const;

  const Format format_;
  const std::optional<Template> template_;
  const Style style_;
  std::string scratch_;
};

}  // namespace sse::sub
