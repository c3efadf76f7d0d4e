#pragma once

/// \file
/// What one connection received, taken apart: head, framing, and then blocks, each with the time
/// when its last byte came.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/wire/parser.h"

#include "model/life.h"
#include "support/chunked.h"
#include "support/strict_stream.h"

namespace sse::model {

/// A piece of a stream.
struct Item {
  enum class Kind { kRetry, kComment, kEvent, kIdOnly, kGap, kClosing };

  Kind kind = Kind::kComment;
  std::string
      text;        ///< an event's whole block; else what stands behind the colon: the id, the data
  std::string id;  ///< of an event
  std::uint64_t retry_ms = 0;
  Time at{0};
};

/// Takes a connection's bytes as they come. Thread-compatible.
class Transcript {
 public:
  /// False once something was not as docs/wire.md has it: fault() says what.
  bool take(std::string_view bytes, Time now);

  const std::string& fault() const { return fault_; }
  bool has_head() const { return has_head_; }
  const std::string& head() const { return head_; }
  int status() const;
  /// A field of the head; empty when absent.
  std::string field(std::string_view name) const;
  /// An answer's body, as far as it came, or all of a stream.
  const std::string& body() const { return body_; }

  /// The pieces that came since the last call.
  std::vector<Item> take_items() { return std::exchange(items_, {}); }

  /// The last chunk came.
  bool is_whole() const { return chunks_ && chunks_->has_ended(); }
  bool is_chunked() const { return chunks_.has_value(); }
  bool is_between_blocks() const { return line_.empty() && lines_.empty(); }

  /// What a client knows, that parses by the standard.
  const std::string& last_event_id() const { return parser_.last_event_id(); }
  /// The data of the events that a client was given since the last call, the hub's own left out.
  std::vector<std::string> take_data() { return std::exchange(client_.data, {}); }

 private:
  struct Client final : wire::EventSink {
    bool on_event(wire::ReceivedEvent& event) override {
      if (!event.type.starts_with("sse.")) data.push_back(std::move(event.data));
      return true;
    }
    std::vector<std::string> data;
  };

  void take_body(std::string_view bytes, Time now);
  void end_line(Time now);
  void end_block(Time now);
  void add(Item::Kind kind, std::string text, Time now);
  void fail(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }

  std::string head_;
  bool has_head_ = false;
  bool is_stream_ = false;
  std::optional<test::ChunkReader> chunks_;
  test::StrictStream strict_;
  Client client_;
  wire::Parser parser_{client_};
  std::string body_;
  std::string line_;
  std::vector<std::string> lines_;  // of the block that has not ended
  std::vector<Item> items_;
  std::string fault_;
};

}  // namespace sse::model
