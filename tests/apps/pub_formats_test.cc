// What sse-pub makes of the bytes it is given.

#include "sse-pub/format.h"
#include "sse-pub/json_members.h"
#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::pub {
namespace {

constexpr auto kMore = Format::More::kMayCome;
constexpr auto kNever = Format::More::kNever;

/// Everything that `format` finds in `input`, a line for each record.
std::string found_in(Format& format, std::string_view input) {
  std::string found;
  Item item;
  while (const auto size = format.cut(input, kNever)) {
    const auto read = format.read(input.substr(0, *size), item);
    input.remove_prefix(*size);
    if (!read) {
      found += "! " + read.error().text + "\n";
    } else if (item.kind == Item::Kind::kEvent) {
      found += item.json + "\n";
    } else if (item.kind == Item::Kind::kReading) {
      found += item.metric + item.json + "\n";
    } else if (item.kind == Item::Kind::kSkipped) {
      found += "skipped\n";
    }
  }
  return found + std::string(input);
}

std::string found_in(std::unique_ptr<Format> format, std::string_view input) {
  return found_in(*format, input);
}

TEST_CASE("A line of JSON is an event or a reading, by its members", "[pub][formats]") {
  const auto found = [](std::string_view line) {
    return found_in(ndjson_format(ItemsAs::kAuto), line);
  };
  // As it is written, when the hub can have it so.
  CHECK(found(R"( {"type":"a\"b", "data":{"x":[1,{"y":"}"}]}} )") ==
        R"( {"type":"a\"b", "data":{"x":[1,{"y":"}"}]}} )"
        "\n");
  // What sse-sub -o json prints: a new hub gives a new id and time.
  CHECK(found(R"({"id":"x","event":"e","topic":null,"data":"t","time":null,"replay":true})") ==
        R"({"type":"e","data":"t"})"
        "\n");
  CHECK(found(R"({"metric":"a b","value":1.50})") == "a b,\"value\":1.50}\n");
  CHECK(found(R"({"metric":"a\"b\u00e4","value":-0})") == "a\"b\xc3\xa4,\"value\":-0}\n");
  CHECK(
      found(
          R"({"id":"r","metric_id":"018f4c2e-0123-7456-89ab-cdef01234567","value":1,"timestamp":"2026-01-01T00:00:00Z"})") ==
      "018f4c2e-0123-7456-89ab-cdef01234567,\"value\":1,\"timestamp\":\"2026-01-01T00:00:00Z\"}\n");
  CHECK(found(R"({"metric":"a","value":1,"timestamp":1700000000.25})") ==
        "a,\"value\":1,\"timestamp\":\"2023-11-14T22:13:20.250000000Z\"}\n");
  CHECK(found("\n  \n\r\n").empty());
}

TEST_CASE("A line that is neither is told what it lacks", "[pub][formats]") {
  for (const auto& [line, why] : std::vector<std::pair<std::string, std::string>>{
           {"nonsense", "not a JSON object"},
           {"[1]", "not a JSON object"},
           {"{", "not a JSON object"},
           {R"({"data":1)", "not a JSON object"},
           {R"({"data":1}})", "not a JSON object"},
           {R"({"data":1} {"data":2})", "not a JSON object"},
           {R"({"data":1,})", "not a JSON object"},
           {R"({"data":})", "not a JSON object"},
           {R"({"data":"x})", "not a JSON object"},
           {R"({"metric":"a","value":1}x)", "not a JSON object"},
           {"{}", "neither data"},
           {R"({"type":"x"})", "neither data"},
           {R"({"metric":"a"})", "no value"},
           {R"({"metric":"","value":1})", "is not a name"},
           {R"({"metric":3,"value":1})", "not a string"},
           {R"({"metric_id":"cpu","value":1})", "not a UUID"},
           {R"({"metric":"a","metric":"b","value":1})", "two members \"metric\""},
           {R"({"metric":"a","value":1,"data":2})", "of an event and of a reading"},
           {R"({"metric":"a","value":1,"timestamp":5m})", "not a time"},
           {R"({"metric":"a","value":1,"unit":"s"})", "unknown member \"unit\""}}) {
    CAPTURE(line);
    CHECK_THAT(found_in(ndjson_format(ItemsAs::kAuto), line),
               Catch::StartsWith("! ") && Catch::Contains(why));
  }
}

TEST_CASE("What a line of JSON is can be said", "[pub][formats]") {
  CHECK_THAT(found_in(ndjson_format(ItemsAs::kEvents), R"({"metric":"a","value":1})"),
             Catch::Contains("neither data"));
  CHECK_THAT(found_in(ndjson_format(ItemsAs::kReadings), R"({"data":1})"),
             Catch::Contains("of an event and of a reading"));
}

TEST_CASE("A hundred thousand brackets do not recurse", "[pub][formats]") {
  const std::string deep =
      "{\"data\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  JsonMembers members(deep);
  CHECK(members.next());
  CHECK_FALSE(members.next());
  CHECK(members.is_whole());
}

TEST_CASE("CSV is read as RFC 4180 has it", "[pub][formats]") {
  CHECK(found_in(csv_format({}),
                 "metric,value,timestamp\r\n"
                 "cpu,1.50,1700000000\r\n"
                 "\"a,b\",2,\n"
                 "\"say \"\"hi\"\"\",3,2026-01-01T00:00:00+01:00\n"
                 "\"two\nlines\",+4,@1700000000.5\n"
                 "\n"
                 "last,5,") ==
        "cpu,\"value\":1.50,\"timestamp\":\"2023-11-14T22:13:20.000000000Z\"}\n"
        "a,b,\"value\":2}\n"
        "say \"hi\",\"value\":3,\"timestamp\":\"2025-12-31T23:00:00.000000000Z\"}\n"
        "two\nlines,\"value\":4,\"timestamp\":\"2023-11-14T22:13:20.500000000Z\"}\n"
        "last,\"value\":5}\n");
}

TEST_CASE("The last row needs no line end, whatever is in it", "[pub][formats]") {
  CHECK(found_in(csv_format({}), "metric,value\n\"two\nlines\",4") == "two\nlines,\"value\":4}\n");
  CHECK_THAT(found_in(csv_format({}), "metric,value\n\"two\nlines,4"),
             Catch::StartsWith("! its quote is never closed\n! it has 2 fields") ||
                 Catch::StartsWith("! its quote is never closed\nlines"));
}

TEST_CASE("CSV columns have any order and any name", "[pub][formats]") {
  CsvColumns columns;
  columns.metric = "the sensor";
  columns.value = "v";
  CHECK(found_in(csv_format(columns), "v,unit,\"the sensor\"\n1,s,a\n") == "a,\"value\":1}\n");
  auto missing = csv_format({});
  CHECK(found_in(*missing, "sensor,value\na,1\n").empty());
  REQUIRE(missing->failure());
  CHECK_THAT(missing->failure()->text, Catch::Contains("no column \"metric\""));
  columns = {};
  columns.is_timestamp_named = true;
  auto without_time = csv_format(columns);
  CHECK(found_in(*without_time, "metric,value\na,1\n").empty());
  CHECK(without_time->failure());
}

TEST_CASE("A bad CSV record takes no other with it", "[pub][formats]") {
  const std::string found = found_in(csv_format({}),
                                     "metric,value\n"
                                     "a,1\n"
                                     "\"never closed,2\n"
                                     "b,3\n"
                                     "c\"d,4\n"
                                     "\"e\"f,5\n"
                                     "g,6,7\n"
                                     "h\n"
                                     "i,x\n"
                                     ",8\n"
                                     "j,9,\n"
                                     "k,10\n");
  CHECK_THAT(found, Catch::StartsWith("a,\"value\":1}\n! its quote is never closed\n"
                                      "b,\"value\":3}\n! a quote inside a field"));
  CHECK_THAT(found, Catch::EndsWith("k,\"value\":10}\n"));
  CHECK(std::count(found.begin(), found.end(), '!') == 8);
}

TEST_CASE("A stray quote is found out without reading on for ever", "[pub][formats]") {
  const auto format = csv_format({});
  const std::string start = "\"stray,1\n";
  CHECK_FALSE(format->cut(start, kMore));
  CHECK(format->cut(start + std::string(70'000, 'x') + "\n", kMore) == start.size());
}

TEST_CASE("Graphite's lines have names with blanks, and times that stay", "[pub][formats]") {
  CHECK(found_in(plain_format(nullptr),
                 "servers.cpu 1.5 1700000000\n"
                 "\"a b \\\" c\"\t2\t2026-01-01T00:00:00Z\r\n"
                 "  x   -.5  \n"
                 "y 3 -1\n") ==
        "servers.cpu,\"value\":1.5,\"timestamp\":\"2023-11-14T22:13:20.000000000Z\"}\n"
        "a b \" c,\"value\":2,\"timestamp\":\"2026-01-01T00:00:00.000000000Z\"}\n"
        "x,\"value\":-0.5}\n"
        "y,\"value\":3}\n");
  CHECK_THAT(found_in(plain_format(nullptr), "x 1 5m\n"),
             Catch::StartsWith("! \"5m\" is not a time"));
  test::ManualClock clock;
  CHECK_THAT(found_in(plain_format(&clock), "x 1 5m\n"), Catch::Contains("\"timestamp\""));
}

TEST_CASE("A stream gives its events, and not what its hub said", "[pub][formats]") {
  CHECK(found_in(stream_format(),
                 "\xEF\xBB\xBFretry: 2000\n: hello\n\n"
                 "id: 1\nevent: deploy\ntopic: ci/api\ndata: a\ndata: b\n\n"
                 "id: 2\r\ndata: {\"x\": 1}\r\n\r\n"
                 "data:c\r\r"
                 "id: 3\n\n"
                 "event: sse.gap\ndata: {}\n\n"
                 "event: message\ndata\n\n") ==
        "{\"type\":\"deploy\",\"topic\":\"ci/api\",\"data\":\"a\\nb\"}\n"
        "{\"data\":\"{\\\"x\\\": 1}\"}\n"
        "{\"data\":\"c\"}\n"
        "skipped\n"
        "{\"data\":\"\"}\n");
}

TEST_CASE("An event that the end of the stream cuts off is bad", "[pub][formats]") {
  CHECK_THAT(found_in(stream_format(), "data: a\n\ndata: b\n"),
             Catch::StartsWith("{\"data\":\"a\"}\n! the stream ends inside this event"));
  CHECK(found_in(stream_format(), "data: a\n\nid: 7\n") == "{\"data\":\"a\"}\n");
  CHECK_THAT(found_in(stream_format(), "data: \xff\n\n"), Catch::Contains("not UTF-8"));
}

TEST_CASE("A stream is cut at blank lines, wherever its bytes are split", "[pub][formats]") {
  const auto format = stream_format();
  CHECK_FALSE(format->cut("data: a\r\n\r", kMore));
  CHECK(format->cut("data: a\r\n\r\nx", kMore) == 11);
  CHECK(format->cut("data: a\r\rx", kMore) == 9);
  CHECK(format->cut("\n\ndata", kMore) == 1);
  // In the middle of a record a line end at the start ends a line, not the record.
  CHECK_FALSE(format->cut_rest("\ndata: more", kMore));
  CHECK(format->cut_rest("\n\nx", kMore) == 2);
}

TEST_CASE("Text lines are data, byte for byte but for their end", "[pub][formats]") {
  CHECK(found_in(text_format("t", "a/b"), "x \"y\"\r\n\nz") ==
        R"({"type":"t","topic":"a/b","data":"x \"y\""})"
        "\n"
        R"({"type":"t","topic":"a/b","data":""})"
        "\n"
        R"({"type":"t","topic":"a/b","data":"z"})"
        "\n");
  CHECK_THAT(found_in(text_format("", ""), "\xff\n"), Catch::StartsWith("! the data is not UTF-8"));
}

}  // namespace
}  // namespace sse::pub
