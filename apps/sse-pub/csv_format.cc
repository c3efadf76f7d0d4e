#include <array>
#include <vector>

#include "sse/base/escape.h"
#include "sse/client/publish_json.h"

#include "format.h"
#include "reading_text.h"

namespace sse::pub {
namespace {

/// A field may hold line ends, so one stray quote could take the rest of a file with it: text that
/// is longer than any reading is not a record, and only its first line is bad.
constexpr std::size_t kMaxRecord = std::size_t{64} << 10U;

Error wrong(std::string text) {
  return {ErrorCode::kInvalid, std::move(text)};
}

/// The fields of one record (RFC 4180): commas between, double quotes around what needs them, a
/// quote inside as two.
class Fields {
 public:
  Status read(std::string_view record) {
    count_ = 0;
    for (;;) {
      std::string& field = next();
      if (record.starts_with('"')) {
        SSE_TRY(take_quoted(record, field));
      } else {
        field = record.substr(0, record.find(','));
        record.remove_prefix(field.size());
        if (field.find('"') != std::string::npos) {
          return wrong("a quote inside a field without quotes around it: " + sse::quoted(field));
        }
      }
      if (record.empty()) return {};
      record.remove_prefix(1);
    }
  }

  std::size_t count() const { return count_; }
  const std::string& operator[](std::size_t index) const { return fields_[index]; }

 private:
  std::string& next() {
    if (count_ == fields_.size()) fields_.emplace_back();
    fields_[count_].clear();
    return fields_[count_++];
  }

  static Status take_quoted(std::string_view& record, std::string& field) {
    for (std::size_t at = 1; at < record.size(); ++at) {
      if (record[at] != '"') {
        field += record[at];
      } else if (at + 1 < record.size() && record[at + 1] == '"') {
        field += record[at++];
      } else {
        record.remove_prefix(at + 1);
        if (record.empty() || record.front() == ',') return {};
        return wrong("text after the closing quote of " + sse::quoted(field));
      }
    }
    return wrong("its quote is never closed");
  }

  std::vector<std::string> fields_;  // more than count_ keep their memory
  std::size_t count_ = 0;
};

/// Bytes of a record with quotes in it; 0 when its quotes are wrong, nullopt when it goes on.
/// `bytes` may end it, too, when no `more` come.
std::optional<std::size_t> end_of_quoted(std::string_view bytes, Format::More more) {
  enum class At { kFieldStart, kField, kQuoted, kAfterQuote } at = At::kFieldStart;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (at == At::kQuoted) {
      if (c == '"') at = At::kAfterQuote;
      continue;
    }
    if (c == '\n') return i + 1;
    if (c == '"' && at != At::kField) {
      at = At::kQuoted;  // after a quote: the two of them are one
    } else if (c == ',') {
      at = At::kFieldStart;
    } else if (at == At::kAfterQuote && c != '\r') {
      return 0;
    } else if (at == At::kFieldStart) {
      at = At::kField;
    }
  }
  if (more == Format::More::kNever && at != At::kQuoted) return bytes.size();
  return std::nullopt;
}

class CsvFormat final : public Format {
 public:
  explicit CsvFormat(CsvColumns columns) : columns_(std::move(columns)) {}

  std::optional<std::size_t> cut(std::string_view bytes, More more) const override {
    const auto line = cut_line(bytes, more);
    if (!line || bytes.substr(0, *line).find('"') == std::string_view::npos) return line;
    const bool is_cut = bytes.size() > kMaxRecord;
    const auto end = end_of_quoted(bytes.substr(0, kMaxRecord), is_cut ? More::kMayCome : more);
    if (end && *end > 0) return *end;
    return end || is_cut || more == More::kNever ? line : std::nullopt;
  }

  std::optional<std::size_t> cut_rest(std::string_view bytes, More more) const override {
    return cut_line(bytes, more);
  }

  Status read(std::string_view record, Item& item) override {
    item.kind = Item::Kind::kNothing;
    const std::string_view text = without_line_end(record);
    if (text.empty() || failure_) return {};
    if (!header_read_) return read_header(text);
    SSE_TRY(fields_.read(text));
    if (fields_.count() != width_) {
      return wrong("it has " + std::to_string(fields_.count()) + " fields, the header " +
                   std::to_string(width_));
    }
    item.metric = fields_[metric_];
    if (item.metric.empty()) return wrong("its " + columns_.metric + " is empty");
    std::optional<WallTime> time;
    if (timestamp_ && !fields_[*timestamp_].empty()) {
      time = SSE_TRY(read_time(fields_[*timestamp_], std::nullopt));
    }
    write_reading(SSE_TRY(client::json_number(fields_[value_])), time, item.json);
    item.kind = Item::Kind::kReading;
    return {};
  }

  bool has_head() const override { return true; }

  std::optional<Error> failure() const override { return failure_; }

 private:
  Status read_header(std::string_view text) {
    header_read_ = true;
    if (const auto read = fields_.read(text); !read) {
      failure_ = wrong("the header row cannot be read: " + read.error().text);
      return {};
    }
    width_ = fields_.count();
    const auto metric = column(columns_.metric);
    const auto value = column(columns_.value);
    timestamp_ = column(columns_.timestamp);
    if (!metric || !value || (!timestamp_ && columns_.is_timestamp_named)) {
      const std::string& missing = !metric  ? columns_.metric
                                   : !value ? columns_.value
                                            : columns_.timestamp;
      failure_ = wrong("the header row has no column " + sse::quoted(missing) + ": " +
                       sse::quoted(text) + "; --columns names them");
      return {};
    }
    metric_ = *metric;
    value_ = *value;
    return {};
  }

  std::optional<std::size_t> column(const std::string& name) const {
    for (std::size_t i = 0; i < fields_.count(); ++i) {
      if (fields_[i] == name) return i;
    }
    return std::nullopt;
  }

  const CsvColumns columns_;
  bool header_read_ = false;
  std::optional<Error> failure_;
  std::size_t width_ = 0;
  std::size_t metric_ = 0;
  std::size_t value_ = 0;
  std::optional<std::size_t> timestamp_;
  Fields fields_;
};

}  // namespace

std::unique_ptr<Format> csv_format(const CsvColumns& columns) {
  return std::make_unique<CsvFormat>(columns);
}

}  // namespace sse::pub
