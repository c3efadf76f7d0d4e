#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/http2_relay.h"
#include "support/program.h"
#include "support/raw_http.h"

// docs/stream.md, "Subscribing", byte by byte from the real hub.

namespace sse::test {
namespace {

using nlohmann::json;

/// A stream whose head has been read.
struct Stream {
  explicit Stream(std::uint16_t port, const std::string& query = "",
                  const std::string& fields = "Accept: text/event-stream\r\n",
                  const std::string& version = "1.1")
      : connection(port) {
    connection.send("GET /events/watch" + query + " HTTP/" + version + "\r\nHost: localhost\r\n" +
                    fields + "\r\n");
    head.head = connection.read_stream_head();
    head.status = std::stoi(head.head.substr(9, 3));
  }

  /// The next block, with its blank line.
  std::string block() { return connection.read_until("\n\n"); }
  /// `retry:` and a comment, which stand before the first block.
  std::string greeting() { return connection.read_until("\n: open\n"); }

  RawConnection connection;
  RawAnswer head;
};

/// Posts an event; its id.
std::string publish(std::uint16_t port, const std::string& body) {
  const auto answer = request(port, "POST", "/events", body);
  REQUIRE(answer.status == 201);
  return answer.header("SSE-Event-Id");
}

/// The number in a block that begins with `retry: `.
int retry_of(const std::string& block) {
  REQUIRE(block.starts_with("retry: "));
  return std::stoi(block.substr(7));
}

std::string id_only(const std::string& id) {
  return "id: " + id + "\n\n";
}

TEST_CASE("A stream's head and first blocks are as documented", "[system][stream]") {
  const HubProgram hub({"--retry", "4s", "--heartbeat", "7s"});
  for (const char* version : {"1.1", "1.0"}) {
    Stream stream(hub.port(), "", "Origin: http://127.0.0.1:5173\r\n", version);
    const RawAnswer& head = stream.head;
    INFO(head.head);
    CHECK(head.status == 200);
    CHECK(head.header("Content-Type") == "text/event-stream");
    CHECK(head.header("Cache-Control") == "no-cache, no-transform");
    CHECK(head.header("X-Accel-Buffering") == "no");
    CHECK(head.header("SSE-Heartbeat") == "7");
    CHECK(head.header("Vary") == "Origin, Accept");
    CHECK(head.header("SSE-Resume").empty());
    CHECK(head.header("Content-Length").empty());
    CHECK(head.header("Access-Control-Allow-Origin") == "http://127.0.0.1:5173");
    const std::string exposed = head.header("Access-Control-Expose-Headers");
    for (const char* name : {"SSE-Stream", "SSE-Heartbeat", "SSE-Head", "SSE-Resume", "SSE-Refused",
                             "SSE-Cursor", "SSE-Event-Id"}) {
      CHECK(exposed.find(name) != std::string::npos);
    }
    const std::string greeting = stream.greeting();
    CHECK(retry_of(greeting) >= 4000);
    CHECK(retry_of(greeting) <= 5000);
    CHECK(greeting == "retry: " + std::to_string(retry_of(greeting)) + "\n: open\n");
    CHECK(stream.block() == id_only(head.header("SSE-Head")));
  }
  const auto asked = request(hub.port(), "HEAD", "/events/watch?since=earliest");
  CHECK(asked.status == 200);
  CHECK(asked.header("SSE-Resume") == "exact");
  CHECK(asked.body.empty());
}

TEST_CASE("A stream is framed as its version of HTTP is, and takes its connection with it",
          "[system][stream][framing]") {
  const HubProgram hub;
  for (const char* version : {"1.1", "1.0"}) {
    const Stream stream(hub.port(), "", "", version);
    INFO(stream.head.head);
    CHECK(stream.head.head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(stream.head.header("Connection") == "close");
    const char* const coding = version == std::string("1.1") ? "chunked" : "";
    CHECK(stream.head.header("Transfer-Encoding") == coding);
  }
  const auto asked = request(hub.port(), "HEAD", "/events/watch");
  CHECK(asked.header("Connection") == "close");
  CHECK(asked.header("Transfer-Encoding") == "chunked");
}

TEST_CASE("HEAD has the head of the stream, and makes no stream go", "[system][stream]") {
  const HubProgram hub({"--max-clients", "1"});
  const auto asked = request(hub.port(), "HEAD", "/events/watch");
  CHECK(asked.body.empty());
  Stream only(hub.port());
  for (const char* name :
       {"Content-Type", "Cache-Control", "Vary", "SSE-Stream", "SSE-Head", "SSE-Heartbeat"}) {
    INFO(name);
    CHECK(asked.header(name) == only.head.header(name));
    CHECK_FALSE(asked.header(name).empty());
  }
  only.greeting();
  only.block();
  for (int i = 0; i < 3; ++i) CHECK(request(hub.port(), "HEAD", "/events/watch").status == 200);
  const auto id = publish(hub.port(), R"({"data":1})");
  CHECK(only.block() == "id: " + id + "\ndata: 1\n\n");

  const HubProgram rejecting({"--max-clients", "1", "--when-full", "reject"});
  for (int i = 0; i < 3; ++i) {
    CHECK(request(rejecting.port(), "HEAD", "/events/watch").header("SSE-Refused").empty());
  }
  Stream first(rejecting.port());
  CHECK(first.head.header("SSE-Refused").empty());
  RawConnection refused(rejecting.port());
  refused.send("HEAD /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n");
  CHECK(RawAnswer{0, refused.read_until("\r\n\r\n"), {}}.header("SSE-Refused") == "full");
}

TEST_CASE("An event is written as documented", "[system][stream]") {
  const HubProgram hub;
  Stream stream(hub.port());
  stream.greeting();
  stream.block();
  const auto deploy =
      publish(hub.port(), R"({"type":"deploy","topic":"ci/api","data": {"version": 1.10}  })");
  CHECK(stream.block() ==
        "id: " + deploy + "\nevent: deploy\ntopic: ci/api\ndata: {\"version\": 1.10}\n\n");
  const auto lines = publish(hub.port(), R"({"data":"one\ntwo\r\n\r: three\ndata: evil"})");
  CHECK(stream.block() ==
        "id: " + lines + "\ndata: one\ndata: two\ndata: \ndata: : three\ndata: data: evil\n\n");
  const auto empty = publish(hub.port(), R"({"type":"message","data":""})");
  CHECK(stream.block() == "id: " + empty + "\ndata: \n\n");
  const auto metric = request(hub.port(), "POST", "/metrics", R"({"name":"cpu"})");
  CHECK(stream.block() == "id: " + metric.header("SSE-Event-Id") +
                              "\nevent: metric_created\ndata: " + metric.body + "\n\n");
}

TEST_CASE("A replay begins after the last event id and ends with the id of the head",
          "[system][stream]") {
  const HubProgram hub;
  const auto first = publish(hub.port(), R"({"data":1})");
  const auto second = publish(hub.port(), R"({"data":2,"topic":"a/b"})");
  const auto third = publish(hub.port(), R"({"data":3,"type":"t"})");
  const std::string block2 = "id: " + second + "\ntopic: a/b\ndata: 2\n\n";
  const std::string block3 = "id: " + third + "\nevent: t\ndata: 3\n\n";
  struct Asked {
    std::string query;
    std::string fields;
    std::string blocks;
  };
  for (const Asked& asked :
       {Asked{"", "Last-Event-ID: " + first + "\r\n", block2 + block3},
        Asked{"?last_event_id=" + third, "Last-Event-ID: " + first + "\r\n", block2 + block3},
        Asked{"?last_event_id=" + second + "&since=earliest", "", block3},
        Asked{"?lastEventId=" + second, "", block3}, Asked{"?Last-Event-ID=" + second, "", block3},
        Asked{"?since=" + second, "", block3}, Asked{"?since=-2", "", block2 + block3},
        Asked{"?since=1h&topic=a/%2B", "", block2}, Asked{"?since=earliest&type=t*", "", block3},
        Asked{"?since=earliest&type=t&topic=a/%23", "", ""},
        Asked{"", "Last-Event-ID: " + third + "\r\n", ""}}) {
    INFO(asked.query << " " << asked.fields);
    Stream stream(hub.port(), asked.query, asked.fields);
    CHECK(stream.head.header("SSE-Resume") == "exact");
    CHECK(stream.head.header("SSE-Head") == third);
    stream.greeting();
    const std::string expected = asked.blocks + id_only(third);
    CHECK(stream.connection.read_bytes(expected.size()) == expected);
  }
}

TEST_CASE("A stream with an interval is sent the newest of each pair, then the head's id",
          "[system][stream][paced]") {
  const HubProgram hub;
  Stream stream(hub.port(), "?every=50ms&topic=a&topic=b");
  stream.greeting();
  stream.block();
  for (int slot = 0; slot < 3; ++slot) {
    const auto answer = request(hub.port(), "POST", "/events", R"([{"topic":"a","data":1},
        {"topic":"b","data":2},{"topic":"a","data":3},{"topic":"c","data":4}])");
    REQUIRE(answer.status == 200);
    const auto results = json::parse(answer.body).at("results");
    const auto id = [&](std::size_t item) { return results.at(item).at("id").get<std::string>(); };
    CHECK(stream.block() == "id: " + id(1) + "\ntopic: b\ndata: 2\n\n");
    CHECK(stream.block() == "id: " + id(2) + "\ntopic: a\ndata: 3\n\n");
    CHECK(stream.block() == id_only(id(3)));
  }
  const auto series = request(hub.port(), "GET", "/-/metrics").body;
  CHECK(series.find("\nsse_conflated_events_total 3\n") != std::string::npos);
}

TEST_CASE("The newest of each pair come in order, then the head's id, then everything",
          "[system][stream]") {
  const HubProgram hub({"--max-pairs", "3"});
  publish(hub.port(), R"({"topic":"a","data":1})");
  const auto second = publish(hub.port(), R"({"topic":"b","data":2})");
  const auto third = publish(hub.port(), R"({"topic":"a","type":"t","data":3})");
  const auto fourth = publish(hub.port(), R"({"topic":"a","data":4})");
  const std::string block2 = "id: " + second + "\ntopic: b\ndata: 2\n\n";
  const std::string block3 = "id: " + third + "\nevent: t\ntopic: a\ndata: 3\n\n";
  const std::string block4 = "id: " + fourth + "\ntopic: a\ndata: 4\n\n";
  struct Asked {
    std::string query;
    std::string blocks;
  };
  for (const Asked& asked :
       {Asked{"", block2 + block3 + block4}, Asked{"&topic=a", block3 + block4},
        Asked{"&type=message", block2 + block4}, Asked{"&last_event_id=" + third, block4},
        Asked{"&last_event_id=nonsense", block2 + block3 + block4},
        Asked{"&last_event_id=" + fourth, ""}}) {
    INFO(asked.query);
    Stream stream(hub.port(), "?since=each" + asked.query);
    CHECK(stream.head.header("SSE-Resume") == "each");
    stream.greeting();
    const std::string expected = asked.blocks + id_only(fourth);
    CHECK(stream.connection.read_bytes(expected.size()) == expected);
  }
  Stream live(hub.port(), "?since=each&last_event_id=" + fourth);
  live.greeting();
  live.block();
  for (const char* text : {"5", "6"}) {
    const auto id = publish(hub.port(), R"({"topic":"a","data":)" + std::string(text) + "}");
    CHECK(live.block() == "id: " + id + "\ntopic: a\ndata: " + text + "\n\n");
  }
  publish(hub.port(), R"({"topic":"one too many","data":7})");
  const auto refused = request(hub.port(), "GET", "/events/watch?since=each");
  CHECK(refused.status == 507);
  CHECK(refused.body.find("--max-pairs") != std::string::npos);
  CHECK(request(hub.port(), "GET", "/events?since=each").status == 507);
}

TEST_CASE("A position that is gone is told with what is missing, and the rest follows",
          "[system][stream]") {
  const HubProgram hub({"--max-log-events", "2"});
  const auto first = publish(hub.port(), R"({"data":1})");
  publish(hub.port(), R"({"data":2})");
  publish(hub.port(), R"({"data":3})");
  const auto fourth = publish(hub.port(), R"({"data":4})");
  const auto fifth = publish(hub.port(), R"({"data":5})");
  const std::string rest =
      "id: " + fourth + "\ndata: 4\n\nid: " + fifth + "\ndata: 5\n\n" + id_only(fifth);
  struct Gone {
    std::string id;
    std::string missed;
    std::string reason;
  };
  std::string other = first;
  other[15] = other[15] == '0' ? '1' : '0';  // of the epoch
  for (const Gone& gone : {Gone{first, "2", "expired"}, Gone{"42", "null", "unknown"},
                           Gone{other, "null", "other-stream"}}) {
    INFO(gone.id);
    Stream stream(hub.port(), "", "Last-Event-ID: " + gone.id + "\r\n");
    CHECK(stream.head.header("SSE-Resume") ==
          "gap; missed=" + (gone.missed == "null" ? "unknown" : gone.missed) +
              "; oldest=" + fourth);
    stream.greeting();
    CHECK(stream.block() == "event: sse.gap\ndata: {\"requested\":\"" + gone.id +
                                "\",\"oldest\":\"" + fourth + "\",\"missed\":" + gone.missed +
                                ",\"reason\":\"" + gone.reason + "\"}\n\n");
    CHECK(stream.connection.read_bytes(rest.size()) == rest);
  }
}

TEST_CASE("Silence is broken by a comment, or by the id that a filter hid", "[system][stream]") {
  const HubProgram hub({"--heartbeat", "100ms"});
  Stream stream(hub.port(), "?type=rare");
  stream.greeting();
  stream.block();
  CHECK(stream.connection.read_until("\n") == ":\n");
  const auto hidden = publish(hub.port(), R"({"data":"often"})");
  const std::string silence = stream.block();
  CHECK(silence.ends_with(id_only(hidden)));
  const std::string comments = silence.substr(0, silence.size() - id_only(hidden).size());
  CHECK(comments.find_first_not_of(":\n") == std::string::npos);
  CHECK(stream.connection.read_until("\n") == ":\n");
}

TEST_CASE("With ids=events no block holds an id alone, and heartbeats are comments",
          "[system][stream]") {
  const HubProgram hub({"--heartbeat", "100ms"});
  publish(hub.port(), R"({"data":0})");
  Stream stream(hub.port(), "?since=earliest&type=message&ids=events");
  stream.greeting();
  CHECK(stream.block().ends_with("data: 0\n\n"));
  publish(hub.port(), R"({"type":"hidden","data":1})");
  CHECK(stream.connection.read_until("\n") == ":\n");
  const auto id = publish(hub.port(), R"({"data":2})");
  const std::string next = stream.block();
  const std::string event = "id: " + id + "\ndata: 2\n\n";
  REQUIRE(next.ends_with(event));
  CHECK(next.substr(0, next.size() - event.size()).find_first_not_of(":\n") == std::string::npos);

  const auto refused = request(hub.port(), "GET", "/events/watch?ids=none");
  CHECK(refused.status == 400);
  CHECK(refused.body.starts_with(R"({"error":"ids: expected events or all)"));
}

TEST_CASE("The oldest stream makes room, and is told to stay away", "[system][stream]") {
  const HubProgram hub({"--max-clients", "1"});
  Stream oldest(hub.port());
  oldest.greeting();
  oldest.block();
  Stream next(hub.port());
  // A relay keeps its own connection open.
  const std::string last =
      wants_http2() ? oldest.connection.read_until("}\n\n") : oldest.connection.read_all();
  const int retry = retry_of(last);
  CHECK(retry >= 30'000);
  CHECK(retry <= 60'000);
  const std::string number = std::to_string(retry);
  CHECK(last == "retry: " + number +
                    "\nevent: sse.closing\ndata: {\"reason\":\"evicted\",\"retry\":" + number +
                    "}\n\n");
  CHECK((wants_http2() || oldest.connection.is_whole()));
  next.greeting();
  next.block();
  const auto id = publish(hub.port(), R"({"data":1})");
  CHECK(next.block() == "id: " + id + "\ndata: 1\n\n");
}

TEST_CASE("A full hub refuses an EventSource with a stream, and every other client with 503",
          "[system][stream]") {
  const HubProgram hub({"--max-clients", "1", "--when-full", "reject"});
  Stream only(hub.port());
  for (const char* accept : {"text/event-stream", "text/html, Text/Event-Stream;q=0.5"}) {
    const auto refused =
        request(hub.port(), "GET", "/events/watch", {}, "Accept: " + std::string(accept) + "\r\n");
    CHECK(refused.status == 200);
    CHECK(refused.header("Content-Type") == "text/event-stream");
    CHECK(refused.header("SSE-Refused") == "full");
    CHECK(refused.header("Connection") == "close");
    CHECK(retry_of(refused.body) >= 10'000);
    CHECK(retry_of(refused.body) <= 30'000);
    CHECK(refused.body.find("\n: ") != std::string::npos);
    CHECK(std::count(refused.body.begin(), refused.body.end(), '\n') == 2);
  }
  for (const char* fields : {"", "Accept: */*\r\n", "Accept: text/*\r\n"}) {
    const auto refused = request(hub.port(), "GET", "/events/watch", {}, fields);
    CHECK(refused.status == 503);
    CHECK(std::stoi(refused.header("Retry-After")) >= 10);
    CHECK(json::parse(refused.body).contains("error"));
  }
}

TEST_CASE("A subscriber's FIN ends its stream", "[system][stream]") {
  const HubProgram hub;
  const auto subscribers = [&] {
    return json::parse(request(hub.port(), "POST", "/events", R"({"data":1})").body)
        .at("subscribers")
        .get<int>();
  };
  Stream stream(hub.port());
  CHECK(subscribers() == 1);
  stream.connection.shutdown_write();
  wait_until([&] { return subscribers() == 0; }, "the stream to end");
}

}  // namespace
}  // namespace sse::test
