#include "sse/wire/parser.h"

#include "support/case_table.h"
#include "support/catch.h"
#include "wire/reading.h"
#include "wire/recording_sink.h"

namespace sse::wire {
namespace {

using test::every_byte;
using test::read;
using test::Reading;
using test::RecordingSink;

// Cutting in three takes the square of the length.
constexpr std::size_t kShort = 100;

std::string expected_line(const test::CaseLine& line) {
  if (line.word != "event") return line.word + " " + line.text;
  auto fields = line.fields;
  fields.try_emplace("type", "message");
  return "event id=" + fields["id"] + " type=" + fields["type"] + " topic=" + fields["topic"] +
         " data=" + fields["data"];
}

std::vector<std::string> expected_lines(const test::Case& example) {
  std::vector<std::string> lines;
  for (const auto& line : example.lines) {
    if (line.word == "in" || line.word == "resume" || line.word == "last") continue;
    lines.push_back(expected_line(line));
  }
  return lines;
}

/// Cuts `bytes` in two at every place, and the short ones in three.
void check_every_cut(std::string_view bytes, const std::string& resume, const Reading& whole) {
  CHECK(read(every_byte(bytes), resume) == whole);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    CAPTURE(cut);
    const auto first = bytes.substr(0, cut);
    const auto rest = bytes.substr(cut);
    REQUIRE(read({first, rest}, resume) == whole);
    if (bytes.size() > kShort) continue;
    for (std::size_t next = 0; next <= rest.size(); ++next) {
      if (read({first, rest.substr(0, next), rest.substr(next)}, resume) == whole) continue;
      FAIL("a second cut after " << next << " bytes more changes what is read");
    }
  }
}

TEST_CASE("The parser reads each example the same however its bytes are cut", "[wire][parser]") {
  const auto cases = test::read_cases(SSE_WIRE_TESTS "/parser_cases.txt");
  REQUIRE(cases.size() > 60);
  for (const auto& example : cases) {
    DYNAMIC_SECTION(example.name) {
      const std::string bytes = example.text_of("in");
      const std::string resume = example.first("resume").text;
      const Reading whole = read({bytes}, resume);
      CHECK_FALSE(whole.too_large);
      CHECK(whole.lines == expected_lines(example));
      if (example.first("last").word == "last")
        CHECK(whole.last_event_id == example.text_of("last"));
      check_every_cut(bytes, resume, whole);
    }
  }
}

TEST_CASE("Long lines are no different from short ones", "[wire][parser]") {
  for (const std::size_t size : {63U, 64U, 65U, 2049U}) {
    CAPTURE(size);
    const std::string text(size, 'x');
    const std::string bytes = ":" + text + "\rdata:1\n:" + text + "\ndata:" + text + "\r\n\r\n";
    const Reading whole = read({bytes});
    CHECK(whole.lines == std::vector<std::string>{"comment " + text, "comment " + text,
                                                  "event id= type=message topic= data=1\n" + text});
    check_every_cut(bytes, {}, whole);
  }
}

TEST_CASE("A sink that stops the parser gets the rest later, once", "[wire][parser]") {
  RecordingSink sink;
  sink.stop_after = 1;
  Parser parser(sink);
  std::string_view bytes = "data: a\r\n\r\ndata: b\r\n\r\n";
  const auto consumed = parser.push(bytes);
  REQUIRE(consumed);
  CHECK(*consumed < bytes.size());
  CHECK(sink.events.size() == 1);
  bytes.remove_prefix(*consumed);
  REQUIRE(*parser.push(bytes) == bytes.size());
  REQUIRE(sink.events.size() == 2);
  CHECK(sink.events[1].data == "b");
}

TEST_CASE("A sink may take the event's strings", "[wire][parser]") {
  struct TakingSink final : EventSink {
    bool on_event(ReceivedEvent& event) override {
      taken.push_back(std::move(event));
      return true;
    }
    std::vector<ReceivedEvent> taken;
  } sink;
  Parser parser(sink);
  REQUIRE(parser.push("id: 1\nevent: t\ntopic: x\ndata: a\n\ndata: b\n\n"));
  REQUIRE(sink.taken.size() == 2);
  CHECK(sink.taken[0].id == "1");
  CHECK(sink.taken[0].topic == "x");
  CHECK(sink.taken[1].id == "1");
  CHECK(sink.taken[1].type == "message");
  CHECK(sink.taken[1].topic.empty());
  CHECK(sink.taken[1].data == "b");
}

TEST_CASE("A reconnect forgets the unfinished event and keeps the last event ID",
          "[wire][parser]") {
  RecordingSink sink;
  Parser parser(sink);
  REQUIRE(parser.push("id: 1\ndata: a\n\nid: 2\nevent: x\ndata: b\nda"));
  parser.reset();
  CHECK(parser.last_event_id() == "1");
  REQUIRE(
      parser.push("\xEF\xBB\xBF"
                  "data: c\n\n"));
  CHECK(sink.lines == std::vector<std::string>{"event id=1 type=message topic= data=a",
                                               "event id=1 type=message topic= data=c"});
}

TEST_CASE("An event larger than the limit is refused however it is cut", "[wire][parser]") {
  const std::string endless_line = "data: " + std::string(100, 'x');
  const std::string many_lines = "data: 12345678\ndata: 12345678\ndata: 12345678\ndata: 12345678\n";
  const std::string comment = ":" + std::string(100, 'x') + "\n";
  for (const auto& bytes : {endless_line, many_lines, comment}) {
    RecordingSink sink;
    Parser whole(sink, 40);
    const auto result = whole.push(bytes);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::kTooLarge);
    Parser byte_by_byte(sink, 40);
    bool failed = false;
    for (const auto byte : every_byte(bytes)) failed = failed || !byte_by_byte.push(byte);
    CHECK(failed);
  }
}

TEST_CASE("Any number of events within the limit pass", "[wire][parser]") {
  RecordingSink sink;
  Parser parser(sink, 40);
  for (int i = 0; i < 100; ++i) REQUIRE(parser.push("id: 123456\nevent: abc\ndata: 12345678\n\n"));
  CHECK(sink.events.size() == 100);
}

}  // namespace
}  // namespace sse::wire
