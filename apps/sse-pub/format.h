#pragma once

/// \file
/// How bytes become things to publish: one Format for each way of writing them down.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/base/result.h"

#include "options.h"

namespace sse::pub {

/// What one record says. Kept from record to record, so that its texts keep their memory.
struct Item {
  enum class Kind {
    kNothing,  ///< a blank line, a header, a comment
    kSkipped,  ///< something that is not for another hub
    kReading,
    kEvent,
  };
  Kind kind = Kind::kNothing;
  std::string metric;  ///< of a reading: name or id
  std::string json;    ///< an event; of a reading what follows its metric: `,"value":3}`
};

/// One format. A record is a line, or what a format takes for one. Thread-compatible.
class Format {
 public:
  virtual ~Format() = default;

  enum class More { kMayCome, kNever };

  /// Bytes of the first record of `bytes`, its line end included; nullopt when its end has not come
  /// yet.
  virtual std::optional<std::size_t> cut(std::string_view bytes, More more) const = 0;

  /// The same when `bytes` start somewhere inside a record; at least the last `kOverlap` bytes of
  /// a part without an end are given again.
  virtual std::optional<std::size_t> cut_rest(std::string_view bytes, More more) const {
    return cut(bytes, more);
  }
  static constexpr std::size_t kOverlap = 4;

  /// Reads a record as cut() gave it. Error: what is wrong with it, and what was expected.
  virtual Status read(std::string_view record, Item& item) = 0;

  /// Whether the first record says how the others are to be read.
  virtual bool has_head() const { return false; }

  /// Whether nothing can be read any more: what was wrong with the head of the input.
  virtual std::optional<Error> failure() const { return std::nullopt; }
};

/// The end of the first line.
std::optional<std::size_t> cut_line(std::string_view bytes, Format::More more);

/// `line` without its LF or CRLF.
std::string_view without_line_end(std::string_view line);

/// Each line is an event's data (`event -l`).
std::unique_ptr<Format> text_format(const std::string& type, const std::string& topic);

/// `METRIC VALUE [TIME]` (`reading -l`, Graphite). With a clock, times like `5m` (ago) are taken.
std::unique_ptr<Format> plain_format(const Clock* clock);

/// A JSON object on each line.
std::unique_ptr<Format> ndjson_format(ItemsAs as);

/// RFC 4180 with a header row.
std::unique_ptr<Format> csv_format(const CsvColumns& columns);

/// text/event-stream.
std::unique_ptr<Format> stream_format();

}  // namespace sse::pub
