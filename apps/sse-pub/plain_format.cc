#include "format.h"
#include "line_syntax.h"
#include "reading_text.h"

namespace sse::pub {
namespace {

class PlainFormat final : public Format {
 public:
  explicit PlainFormat(const Clock* clock) : clock_(clock) {}

  std::optional<std::size_t> cut(std::string_view bytes, More more) const override {
    return cut_line(bytes, more);
  }

  Status read(std::string_view record, Item& item) override {
    const std::string_view line = without_line_end(record);
    item.kind = Item::Kind::kNothing;
    if (line.find_first_not_of(" \t") == std::string_view::npos) return {};
    auto read = SSE_TRY(parse_reading_line(line, now()));
    item.kind = Item::Kind::kReading;
    item.metric = std::move(read.metric);
    write_reading(read.value, read.time, item.json);
    return {};
  }

 private:
  std::optional<WallTime> now() const {
    if (clock_ == nullptr) return std::nullopt;
    return clock_->now().wall;
  }

  const Clock* const clock_;
};

}  // namespace

std::unique_ptr<Format> plain_format(const Clock* clock) {
  return std::make_unique<PlainFormat>(clock);
}

}  // namespace sse::pub
