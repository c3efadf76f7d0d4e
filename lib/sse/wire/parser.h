#pragma once

/// \file
/// Reads text/event-stream bytes (WHATWG HTML section 9.2.6), pushed in pieces of any size.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/wire/event.h"

namespace sse::wire {

/// The longest reconnection time that a stream can ask for; longer ones read as this, so that a
/// stray digit keeps no subscriber away for ever.
inline constexpr std::chrono::milliseconds kMaxReconnectionTime = std::chrono::hours(24);

/// What a parser tells, in stream order.
class EventSink {
 public:
  virtual ~EventSink() = default;

  /// An event was dispatched. The sink may move from it. False stops: push() returns at once, and
  /// the rest of the bytes is not read.
  virtual bool on_event(ReceivedEvent& event) = 0;

  /// A block ended without data but with an id: the last event ID moved, nothing was dispatched.
  virtual void on_id(std::string_view /*id*/) {}

  /// A valid `retry` field: the reconnection time.
  virtual void on_retry(std::chrono::milliseconds /*reconnection_time*/) {}

  /// A comment line, without its colon.
  virtual void on_comment(std::string_view /*text*/) {}
};

/// Push parser: CR, LF and CRLF line ends split anywhere, one leading BOM, all field rules. An
/// event that the end of the stream cuts off is dropped by not pushing more. Bytes are passed on as
/// they are: a program that shows them has to handle invalid UTF-8. Thread-compatible.
class SSE_EXPORT Parser {
 public:
  /// `max_event_size`: bytes that one event's fields, or one line, may hold before push() fails (a
  /// peer must not make memory grow without end).
  explicit Parser(EventSink& sink, std::size_t max_event_size = 16U << 20U);

  /// Reads `bytes`. Returns how many were consumed: all of them, or fewer when the sink stopped;
  /// the parser can go on with the rest. Error: kTooLarge, after which the parser must be reset.
  Result<std::size_t> push(std::string_view bytes);

  /// A new connection: parsing state is forgotten, the last event ID is kept.
  void reset();

  /// What a reconnect sends. Moves at the end of a block only: the id of an event that the end of
  /// the stream cuts off is not taken, or that event would be lost. Set it before the first push to
  /// resume.
  const std::string& last_event_id() const { return last_event_id_; }
  void set_last_event_id(std::string id) { last_event_id_ = std::move(id); }

 private:
  enum class State {
    kStart,       ///< nothing read yet: a BOM may come
    kAfterBom1,   ///< the first byte of a BOM was read
    kAfterBom2,   ///< the first two were
    kInLine,      ///< at the start of a line or inside it; what was read of it is in line_
    kAfterReturn  ///< a CR ended the line: an LF now belongs to it
  };

  std::size_t skip_bom(std::string_view bytes);
  bool end_line(std::string_view rest);
  bool read_line(std::string_view line);
  bool end_block();
  void set_field(std::string_view name, std::string_view value);
  std::size_t buffered() const;

  EventSink& sink_;
  const std::size_t max_event_size_;
  std::string last_event_id_;

  State state_ = State::kStart;
  std::string line_;       ///< the start of a line whose end has not come yet
  ReceivedEvent event_;    ///< the buffers of the block; data with its final line end
  std::string id_buffer_;  ///< the block's id, when has_id_
  bool has_id_ = false;
};

}  // namespace sse::wire
