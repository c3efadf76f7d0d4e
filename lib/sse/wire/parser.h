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
/// event that the end of the stream cuts off is dropped by not pushing more. Thread-compatible.
class SSE_EXPORT Parser {
 public:
  /// `max_event_size`: bytes that one event's fields may hold before push() fails (a peer must not
  /// make memory grow without end).
  explicit Parser(EventSink& sink, std::size_t max_event_size = 16U << 20U);

  /// Reads `bytes`. Returns how many were consumed: all of them, or fewer when the sink stopped;
  /// the parser can go on with the rest. Error: kTooLarge, after which the parser must be reset.
  Result<std::size_t> push(std::string_view bytes);

  /// A new connection: parsing state is forgotten, the last event ID is kept.
  void reset();

  /// The last event ID buffer: what a reconnect sends. Set it before the first push to resume.
  const std::string& last_event_id() const { return last_event_id_; }
  void set_last_event_id(std::string id) { last_event_id_ = std::move(id); }

 private:
  // wire/parser.cc
  EventSink& sink_;
  std::size_t max_event_size_;
  std::string last_event_id_;
};

}  // namespace sse::wire
