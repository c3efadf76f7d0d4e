#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sse/base/result.h"
#include "sse/json/pointer.h"
#include "sse/wire/event.h"

#include "event_view.h"

namespace sse::sub {

/// What `-F` asks for: literal text, and fields that are filled from each event. What is filled in
/// is never read as a template again. docs/sse-sub.md has the fields. Immutable.
class Template {
 public:
  /// Error: kInvalid, with the column.
  static Result<Template> parse(std::string_view text);

  /// Appends the template, filled; without a line end.
  void append(const EventView& view, Target target, std::string& out) const;

  bool shows_metric() const;

 private:
  struct Filter {
    enum class Kind { kJson, kSh, kTsv, kCsv, kOr, kWidth };
    Kind kind = Kind::kJson;
    std::string text = {};  ///< of kOr
    int width = 0;          ///< of kWidth; negative: the text is at the left
  };
  enum class Name { kId, kTime, kEvent, kTopic, kMetric, kData, kReplay };
  struct FormattedTime {
    std::string format;  // of strftime()
  };
  struct Field {
    std::variant<Name, FormattedTime, json::Pointer> source;
    std::vector<Filter> filters;
  };
  class Reader;

  /// One event on its way into the template.
  class Filling;

  std::vector<std::variant<std::string, Field>> parts_;
};

}  // namespace sse::sub
