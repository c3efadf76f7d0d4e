#include "sse/wire/encoder.h"

#include <random>

#include "sse/wire/parser.h"

#include "support/case_table.h"
#include "support/catch.h"
#include "support/line_feeds.h"
#include "wire/reading.h"
#include "wire/recording_sink.h"

namespace sse::wire {
namespace {

using test::RecordingSink;

const EventId kId = *EventId::parse("018d0000-0000-7000-8000-000000000001");
const std::string kIdLine = "id: 018d0000-0000-7000-8000-000000000001\n";

std::string encoded(const Event& event) {
  std::string block;
  encode(event, block);
  set_id(block.data(), kId);
  return block;
}

TEST_CASE("The encoder writes each example's bytes", "[wire][encoder]") {
  const auto cases = test::read_cases(SSE_WIRE_TESTS "/encoder_cases.txt");
  REQUIRE(cases.size() > 20);
  for (const auto& example : cases) {
    DYNAMIC_SECTION(example.name) {
      auto fields = example.first("event").fields;
      const Event event{fields["type"], fields["topic"], fields["data"],
                        fields["topic_on_wire"] != "no"};
      CHECK(encoded(event) == kIdLine + example.text_of("out"));
    }
  }
}

TEST_CASE("Each example is read back, however its bytes are cut", "[wire][encoder]") {
  for (const auto& example : test::read_cases(SSE_WIRE_TESTS "/encoder_cases.txt")) {
    DYNAMIC_SECTION(example.name) {
      auto fields = example.first("event").fields;
      const bool on_wire = fields["topic_on_wire"] != "no";
      const std::string block = encoded({fields["type"], fields["topic"], fields["data"], on_wire});
      const test::Reading expected{
          {"event id=" + to_string(kId) +
           " type=" + (fields["type"].empty() ? "message" : fields["type"]) + " topic=" +
           (on_wire ? fields["topic"] : "") + " data=" + test::with_line_feeds(fields["data"])},
          to_string(kId),
          false};
      CHECK(test::read(test::every_byte(block)) == expected);
      const std::string_view bytes = block;
      for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        REQUIRE(test::read({bytes.substr(0, cut), bytes.substr(cut)}) == expected);
      }
    }
  }
}

TEST_CASE("Events are appended to what is there", "[wire][encoder]") {
  std::string out = "before";
  encode({"", "", "x"}, out);
  set_id(out.data() + 6, kId);
  CHECK(out == "before" + kIdLine + "data: x\n\n");
}

TEST_CASE("What was encoded is read back, whatever bytes the data holds", "[wire][encoder]") {
  std::mt19937 random(20'260'131);
  const std::vector<std::string> pieces = {"\n",
                                           "\r",
                                           "\r\n",
                                           ":",
                                           " ",
                                           "data: ",
                                           "id: 9",
                                           "event",
                                           "\n",
                                           "abc",
                                           "\xE2\x80\xA8",
                                           "retry: 1",
                                           std::string(1, '\0'),
                                           "\xEF\xBB\xBF",
                                           "\xFF"};
  const auto below = [&](std::size_t bound) { return random() % bound; };
  RecordingSink sink;
  Parser parser(sink);
  for (std::size_t round = 0; round < 5000; ++round) {
    Event event;
    if (below(2) == 0) event.type = "t" + std::to_string(below(3));
    if (below(2) == 0) event.topic = "a/" + std::to_string(below(3));
    for (std::size_t i = below(12); i > 0; --i) event.data += pieces[below(pieces.size())];
    const std::string block = encoded(event);
    const std::size_t cut = below(block.size() + 1);
    REQUIRE(parser.push(std::string_view(block).substr(0, cut)));
    REQUIRE(parser.push(std::string_view(block).substr(cut)));
    REQUIRE(sink.events.size() == round + 1);
    const auto& received = sink.events.back();
    REQUIRE(received.id == to_string(kId));
    REQUIRE(received.type == (event.type.empty() ? "message" : event.type));
    REQUIRE(received.topic == event.topic);
    REQUIRE(received.data == test::with_line_feeds(event.data));
  }
}

TEST_CASE("An id-only block moves the last event ID and dispatches nothing", "[wire][encoder]") {
  RecordingSink sink;
  Parser parser(sink);
  REQUIRE(parser.push(encode_id_only(kId)));
  CHECK(sink.lines == std::vector<std::string>{"id " + to_string(kId)});
  CHECK(parser.last_event_id() == to_string(kId));
}

TEST_CASE("A control block has a type, one line of data and no id", "[wire][encoder]") {
  CHECK(encode_retry(std::chrono::milliseconds(2000)) == "retry: 2000\n");
  CHECK(encode_control("sse.gap", "{}") == "event: sse.gap\ndata: {}\n\n");
}

}  // namespace
}  // namespace sse::wire
