#include "event_line.h"
#include "format.h"

namespace sse::pub {
namespace {

class TextFormat final : public Format {
 public:
  TextFormat(std::string type, std::string topic)
      : type_(std::move(type)), topic_(std::move(topic)) {}

  std::optional<std::size_t> cut(std::string_view bytes, More more) const override {
    return cut_line(bytes, more);
  }

  Status read(std::string_view record, Item& item) override {
    item.kind = Item::Kind::kEvent;
    return write_event(type_, topic_, without_line_end(record), item.json);
  }

 private:
  const std::string type_;
  const std::string topic_;
};

}  // namespace

std::unique_ptr<Format> text_format(const std::string& type, const std::string& topic) {
  return std::make_unique<TextFormat>(type, topic);
}

}  // namespace sse::pub
