// The EventSource parser: however bytes are cut it tells the same, and what it told comes out again
// when it is encoded. And the encoder: no data changes the framing.

#include <string>

#include "sse/base/utf8.h"
#include "sse/wire/encoder.h"
#include "sse/wire/parser.h"

#include "fuzz/input.h"
#include "support/line_feeds.h"
#include "wire/reading.h"
#include "wire/recording_sink.h"

namespace sse::fuzz {
namespace {

constexpr std::size_t kMaxEventSize = 64;  // small, so that the limit is met

test::Pieces pieces_of(std::string_view bytes, std::size_t size) {
  test::Pieces pieces;
  for (std::size_t at = 0; at < bytes.size(); at += size) pieces.push_back(bytes.substr(at, size));
  return pieces;
}

void check_cuts(std::string_view bytes, std::size_t size, std::size_t max_event_size) {
  const auto whole = test::read({bytes}, "41", max_event_size);
  SSE_CHECK(test::read(test::every_byte(bytes), "41", max_event_size) == whole);
  SSE_CHECK(test::read(pieces_of(bytes, size + 2), "41", max_event_size) == whole);
}

wire::ReceivedEvent round_trip(const wire::Event& event) {
  const auto id = wire::EventId::make(std::chrono::milliseconds(1), 2, 3);
  std::string block;
  wire::encode(event, block);
  wire::set_id(block.data(), id);
  test::RecordingSink sink;
  wire::Parser parser(sink);
  SSE_CHECK(parser.push(block));
  SSE_CHECK(sink.lines.size() == 1 && sink.events.size() == 1);
  SSE_CHECK(sink.events[0].id == to_string(id));
  return sink.events[0];
}

void check_encoding(std::string_view bytes) {
  const std::string data(bytes);
  SSE_CHECK(round_trip({"", "", data}).data == test::with_line_feeds(data));
  test::RecordingSink sink;
  wire::Parser parser(sink);
  SSE_CHECK(parser.push(bytes));
  for (const auto& event : sink.events) {
    // Where events enter, these are refused (hub/publisher.h): the encoder relies on it.
    if (has_control_character(event.type) || has_control_character(event.topic)) continue;
    const auto again = round_trip({event.type, event.topic, event.data});
    SSE_CHECK(again.type == event.type);
    SSE_CHECK(again.topic == event.topic);
    SSE_CHECK(again.data == event.data);
  }
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = sse::fuzz::text_of(data, size);
  const auto piece = sse::fuzz::take_byte(bytes);
  sse::fuzz::check_cuts(bytes, piece, std::size_t{16} << 20U);
  sse::fuzz::check_cuts(bytes, piece, sse::fuzz::kMaxEventSize);
  sse::fuzz::check_encoding(bytes);
  return 0;
}
