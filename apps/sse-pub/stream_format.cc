#include "sse/wire/parser.h"

#include "event_line.h"
#include "format.h"

namespace sse::pub {
namespace {

/// What hubs say about a stream itself (`sse.gap`): not for another one.
constexpr std::string_view kControlType = "sse.";

constexpr std::string_view kDefaultType = "message";

/// Bytes of the line end at `at`; 0 when there is none, nullopt when a CR may yet become a CRLF.
std::optional<std::size_t> line_end_at(std::string_view bytes, std::size_t at, Format::More more) {
  if (at >= bytes.size()) return 0;
  if (bytes[at] == '\n') return 1;
  if (bytes[at] != '\r') return 0;
  if (at + 1 == bytes.size() && more == Format::More::kMayCome) return std::nullopt;
  return at + 1 < bytes.size() && bytes[at + 1] == '\n' ? 2 : 1;
}

/// A record is a block: everything up to a blank line.
class StreamFormat final : public Format, private wire::EventSink {
 public:
  std::optional<std::size_t> cut(std::string_view bytes, More more) const override {
    const auto blank = line_end_at(bytes, 0, more);
    if (!blank) return std::nullopt;
    return *blank > 0 ? blank : cut_rest(bytes, more);
  }

  std::optional<std::size_t> cut_rest(std::string_view bytes, More more) const override {
    for (std::size_t at = 0; at < bytes.size();) {
      at = bytes.find_first_of("\r\n", at);
      if (at == std::string_view::npos) break;
      const auto first = line_end_at(bytes, at, more);
      if (!first) return std::nullopt;
      at += *first;
      const auto second = line_end_at(bytes, at, more);
      if (!second) return std::nullopt;
      if (*second > 0) return at + *second;
    }
    if (more == More::kNever && !bytes.empty()) return bytes.size();
    return std::nullopt;
  }

  Status read(std::string_view record, Item& item) override {
    event_.reset();
    wire::Parser parser(*this);
    const auto pushed = parser.push(record);
    if (!pushed) return pushed.error();
    if (!event_) {
      item.kind = Item::Kind::kNothing;
      return has_data(record) ? unfinished() : Status();
    }
    if (event_->type.starts_with(kControlType)) {
      item.kind = Item::Kind::kSkipped;
      return {};
    }
    item.kind = Item::Kind::kEvent;
    const bool is_default = event_->type == kDefaultType;
    return write_event(is_default ? "" : event_->type, event_->topic, event_->data, item.json);
  }

 private:
  bool on_event(wire::ReceivedEvent& event) override {
    event_ = std::move(event);
    return true;
  }

  /// Only the last block can lack its blank line.
  static bool has_data(std::string_view record) {
    return record.starts_with("data") || record.find("\ndata") != std::string_view::npos ||
           record.find("\rdata") != std::string_view::npos;
  }
  static Status unfinished() {
    return Error{ErrorCode::kInvalid, "the stream ends inside this event"};
  }

  std::optional<wire::ReceivedEvent> event_;
};

}  // namespace

std::unique_ptr<Format> stream_format() {
  return std::make_unique<StreamFormat>();
}

}  // namespace sse::pub
