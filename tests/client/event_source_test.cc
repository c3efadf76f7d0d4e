#include "sse/client/event_source.h"

#include <algorithm>

#include "client/scripted_stream.h"
#include "support/catch.h"

using namespace std::chrono_literals;
using sse::client::ExchangeEnd;
using sse::client::Header;
using sse::test::answer;
using sse::test::no_connection;
using sse::test::ScriptedStream;
using sse::test::Silence;
using sse::test::stream;
using Diary = std::vector<std::string>;
using Reason = sse::client::Ending::Reason;

namespace {

/// The lines of a diary that start with `word`.
Diary lines(const ScriptedStream& hub, std::string_view word) {
  Diary found;
  std::copy_if(hub.diary.begin(), hub.diary.end(), std::back_inserter(found),
               [&](const std::string& line) { return line.rfind(word, 0) == 0; });
  return found;
}

}  // namespace

TEST_CASE("A cut stream goes on after the last whole event", "[client][event_source]") {
  ScriptedStream hub;
  hub.run({stream("id: 1\ndata: a\n\nid: 2\ndata: b"), stream("id: 2\ndata: b\n\n")});
  CHECK(hub.diary == Diary{"GET http://hub:1/watch", "event a", "wait 1s",
                           "GET http://hub:1/watch Last-Event-ID:1", "event b", "wait 2s"});
}

TEST_CASE("An id without an event moves the place too", "[client][event_source]") {
  ScriptedStream hub;
  hub.run({stream("id: 7\n\n"), stream("")});
  CHECK(lines(hub, "id ") == Diary{"id 7"});
  CHECK(lines(hub, "GET").back() == "GET http://hub:1/watch Last-Event-ID:7");
}

TEST_CASE("A saved id is sent from the first connection on", "[client][event_source]") {
  ScriptedStream hub;
  hub.options.last_event_id = "caf\xC3\xA9";
  hub.run({stream("data: no id\n\n"), stream("")});
  CHECK(lines(hub, "GET") == Diary(2, "GET http://hub:1/watch Last-Event-ID:caf\xC3\xA9"));
}

TEST_CASE("The server's retry is the least wait, and waits double up to the maximum",
          "[client][event_source]") {
  ScriptedStream hub;
  hub.run({stream("retry: 3000\n\n"), answer(503), answer(503), answer(503), answer(503),
           answer(503), answer(503)});
  CHECK(lines(hub, "wait") ==
        Diary{"wait 3s", "wait 6s", "wait 12s", "wait 24s", "wait 30s", "wait 30s", "wait 30s"});
}

TEST_CASE("Thirty healthy seconds make the next wait short again", "[client][event_source]") {
  auto healthy = stream(":");
  healthy.steps.emplace_back(Silence{30s});
  auto short_lived = stream(":");
  short_lived.steps.emplace_back(Silence{29s});
  ScriptedStream hub;
  hub.run({stream(""), answer(503), healthy, short_lived, stream("")});
  CHECK(lines(hub, "wait") == Diary{"wait 1s", "wait 2s", "wait 1s", "wait 2s", "wait 4s"});
}

TEST_CASE("The first connection fails fast, a later one is retried", "[client][event_source]") {
  struct Row {
    sse::test::Connection first;
    Reason reason;
  };
  const auto refused = stream("retry: 20000\n\n", {{"SSE-Refused", "full"}});
  const Row rows[] = {{no_connection(ExchangeEnd::Kind::kUnresolved), Reason::kUnresolved},
                      {no_connection(ExchangeEnd::Kind::kUnreachable), Reason::kUnreachable},
                      {no_connection(ExchangeEnd::Kind::kNotHttp), Reason::kUnreachable},
                      {answer(429), Reason::kBusy},
                      {answer(503), Reason::kUnavailable},
                      {refused, Reason::kUnavailable}};
  for (const Row& row : rows) {
    ScriptedStream first;
    CHECK(first.run({row.first, stream("")}) == row.reason);
    CHECK(first.diary.size() == 1);

    ScriptedStream later;
    CHECK(later.run({stream(""), row.first, stream("")}) == Reason::kInterrupted);
    CHECK(lines(later, "GET").size() == 3);

    ScriptedStream patient;
    patient.options.wait_server = std::chrono::nanoseconds::max();
    CHECK(patient.run({row.first, row.first, stream("")}) == Reason::kInterrupted);
    CHECK(lines(patient, "GET").size() == 3);
  }
}

TEST_CASE("Waiting for the server has an end when one was given", "[client][event_source]") {
  ScriptedStream hub;
  hub.options.wait_server = 5s;
  const auto start = hub.clock.now().boot;
  CHECK(hub.run({answer(503), answer(503), answer(503), answer(503), stream("")}) ==
        Reason::kUnavailable);
  // The last try is made when the time is over, not after it.
  CHECK(lines(hub, "GET").size() == 4);
  const auto waits = lines(hub, "wait");
  REQUIRE(waits.size() == 3);
  CHECK(waits[0] == "wait 1s");
  CHECK(waits[1] == "wait 2s");
  CHECK(hub.clock.now().boot == start + 5s);
}

TEST_CASE("Without a wish there is no end to an outage, with one there is",
          "[client][event_source]") {
  for (const auto outage : {10s, 100s}) {
    CAPTURE(outage.count());
    ScriptedStream hub;
    hub.options.max_outage = outage;
    auto healthy = stream("data: a\n\n");
    healthy.steps.emplace_back(Silence{1h});
    std::deque<sse::test::Connection> script{answer(301, {{"Location", "/new"}}), healthy};
    for (int i = 0; i < 20; ++i) script.push_back(no_connection(ExchangeEnd::Kind::kUnresolved));
    const auto start = hub.clock.now().boot;
    CHECK(hub.run(script) == Reason::kUnresolved);
    CHECK(hub.clock.now().boot == start + 1h + outage);
  }
  ScriptedStream hub;
  std::deque<sse::test::Connection> script{stream("")};
  for (int i = 0; i < 2000; ++i) script.push_back(answer(503));
  CHECK(hub.run(script) == Reason::kInterrupted);
}

TEST_CASE("Every stream ends an outage", "[client][event_source]") {
  ScriptedStream hub;
  hub.options.max_outage = 4s;
  const auto refused = no_connection(ExchangeEnd::Kind::kUnreachable);
  // Waits of 1, 2 and what is left: the stream in between starts the time again.
  CHECK(hub.run({stream("data: a\n\n"), refused, stream("data: b\n\n"), refused, refused}) ==
        Reason::kUnreachable);
  CHECK(lines(hub, "event") == Diary{"event a", "event b"});
}

TEST_CASE("An outage that ends before the server wants to see us needs no further try",
          "[client][event_source]") {
  ScriptedStream hub;
  hub.options.max_outage = 5s;
  CHECK(hub.run({stream("retry: 60000\n\n"), stream("")}) == Reason::kStreamEnded);
  CHECK(lines(hub, "GET").size() == 1);
  ScriptedStream busy;
  busy.options.max_outage = 5s;
  CHECK(busy.run({stream(""), answer(429, {{"Retry-After", "60"}}), stream("")}) == Reason::kBusy);
  CHECK(lines(busy, "GET").size() == 2);
}

TEST_CASE("Fifty greetings that are cut at once are fifty waits that grow",
          "[client][event_source]") {
  ScriptedStream hub;
  CHECK(hub.run(std::deque<sse::test::Connection>(50, stream(": welcome\n\n"))) ==
        Reason::kInterrupted);
  const auto waits = lines(hub, "wait");
  REQUIRE(waits.size() == 50);
  CHECK(Diary(waits.begin(), waits.begin() + 6) ==
        Diary{"wait 1s", "wait 2s", "wait 4s", "wait 8s", "wait 16s", "wait 30s"});
  CHECK(std::count(waits.begin(), waits.end(), "wait 30s") == 45);
}

TEST_CASE("A retry field is taken when it is a number, whatever else the server sends",
          "[client][event_source]") {
  const std::pair<const char*, const char*> rows[] = {
      {"retry: 5000\n", "wait 5s"},
      {"retry: 5000\n\n", "wait 5s"},
      {"retry:5000\n\n", "wait 5s"},
      {"retry: 0\n\n", "wait 1s"},
      {"retry: 1\n\n", "wait 1s"},
      {"retry: 60000\n\n", "wait 1m"},
      {"retry: 5s\n\n", "wait 1s"},
      {"retry: -5000\n\n", "wait 1s"},
      {"retry: 5000.0\n\n", "wait 1s"},
      {"retry: \n\n", "wait 1s"},
      {"retry\n\n", "wait 1s"},
      {"retry:  5000\n\n", "wait 1s"},
      {"retry: 5000", "wait 1s"},
      {"retry: 9000\nretry: 4000\n\n", "wait 4s"},
      {"retry: 5000\nretry: x\n", "wait 5s"},
      {"retry: 99999999999999999999\n\n", "wait 1d"}};
  for (const auto& [bytes, wait] : rows) {
    CAPTURE(bytes);
    ScriptedStream hub;
    hub.run({stream(bytes), stream("")});
    CHECK(lines(hub, "wait").front() == wait);
  }
}

TEST_CASE("Answers that no waiting changes end the run", "[client][event_source]") {
  struct Row {
    sse::test::Connection last;
    Reason reason;
  };
  const Row rows[] = {{answer(204), Reason::kStop},
                      {answer(200, {{"Content-Type", "text/html"}}), Reason::kNotAnEventStream},
                      {answer(200), Reason::kNotAnEventStream},
                      {answer(206), Reason::kNotAnEventStream},
                      {answer(304), Reason::kNotAnEventStream},
                      {answer(301), Reason::kNotAnEventStream},
                      {answer(302, {{"Location", "ftp://x"}}), Reason::kNotAnEventStream},
                      {answer(400), Reason::kInvalid},
                      {answer(413), Reason::kInvalid},
                      {answer(422), Reason::kInvalid},
                      {answer(401), Reason::kForbidden},
                      {answer(403), Reason::kForbidden},
                      {answer(404), Reason::kNotAnEventStream},
                      {answer(410), Reason::kNotAnEventStream},
                      {no_connection(ExchangeEnd::Kind::kTls), Reason::kNotTrusted}};
  for (const Row& row : rows) {
    CAPTURE(row.last.head.status);
    ScriptedStream hub;
    hub.options.wait_server = std::chrono::nanoseconds::max();
    CHECK(hub.run({stream(""), row.last, stream("")}) == row.reason);
    CHECK(lines(hub, "GET").size() == 2);
    CHECK_FALSE(hub.ending.text.empty());
  }
}

TEST_CASE("An answer that ends the run is told with the server's reason",
          "[client][event_source]") {
  auto told = answer(400);
  told.steps = {R"({"error":"topic )", sse::test::Silence{std::chrono::milliseconds(100)},
                R"(filter: too long"})"};
  auto silent = answer(403);
  silent.steps = {"{", sse::test::Silence{std::chrono::hours(1)}};
  auto other = answer(404);
  other.steps = {"<html>"};
  const std::pair<sse::test::Connection, std::string> rows[] = {
      {told, "http://hub:1/watch answered 400: topic filter: too long"},
      {silent, "http://hub:1/watch answered 403"},
      {other, "http://hub:1/watch answered 404"}};
  for (const auto& [last, text] : rows) {
    ScriptedStream hub;
    hub.run({last});
    CHECK(hub.ending.text == text);
  }
}

TEST_CASE("Strict takes the retriable answers as they are", "[client][event_source]") {
  const std::pair<int, Reason> rows[] = {{408, Reason::kUnavailable},
                                         {425, Reason::kUnavailable},
                                         {429, Reason::kBusy},
                                         {500, Reason::kUnavailable},
                                         {503, Reason::kUnavailable}};
  for (const auto& [status, reason] : rows) {
    ScriptedStream lenient;
    CHECK(lenient.run({stream(""), answer(status), stream("")}) == Reason::kInterrupted);
    ScriptedStream strict;
    strict.options.strict = true;
    CHECK(strict.run({stream(""), answer(status), stream("")}) == reason);
  }
}

TEST_CASE("Retry-After is honoured, in seconds and as a date", "[client][event_source]") {
  ScriptedStream hub;
  // The manual clock starts at 1,800,000,000 s, which is Fri, 15 Jan 2027 08:00:00 GMT.
  hub.run({stream(""), answer(503, {{"Retry-After", "50"}}),
           answer(503, {{"Retry-After", "Fri, 15 Jan 2027 08:02:00 GMT"}}),
           answer(503, {{"Retry-After", "soon"}})});
  CHECK(lines(hub, "wait") == Diary{"wait 1s", "wait 50s", "wait 1m9s", "wait 8s"});
}

TEST_CASE("A refusal says when to come back", "[client][event_source]") {
  ScriptedStream hub;
  hub.run({stream(""), stream("retry: 20000\n: full\n\n", {{"SSE-Refused", "full"}})});
  CHECK(lines(hub, "wait") == Diary{"wait 1s", "wait 30s"});
  CHECK(lines(hub, "event").empty());
}

TEST_CASE("A permanent redirect is kept, a temporary one is for once", "[client][event_source]") {
  for (const int status : {301, 308}) {
    ScriptedStream hub;
    hub.run({answer(status, {{"Location", "/new"}}), stream(""), stream("")});
    CHECK(lines(hub, "GET") ==
          Diary{"GET http://hub:1/watch", "GET http://hub:1/new", "GET http://hub:1/new"});
  }
  for (const int status : {302, 303, 307}) {
    ScriptedStream hub;
    hub.run({answer(status, {{"Location", "/new"}}), stream(""), stream("")});
    CHECK(lines(hub, "GET") ==
          Diary{"GET http://hub:1/watch", "GET http://hub:1/new", "GET http://hub:1/watch"});
  }
}

TEST_CASE("A permanent redirect behind a temporary one is for once", "[client][event_source]") {
  ScriptedStream hub;
  hub.run({answer(302, {{"Location", "/a"}}), answer(301, {{"Location", "/b"}}), stream(""),
           stream("")});
  CHECK(lines(hub, "GET").back() == "GET http://hub:1/watch");
}

TEST_CASE("A redirect loop ends the run", "[client][event_source]") {
  ScriptedStream hub;
  const auto loop = answer(302, {{"Location", "/watch"}});
  CHECK(hub.run(std::deque<sse::test::Connection>(20, loop)) == Reason::kNotAnEventStream);
  CHECK(hub.diary.size() == 11);
}

TEST_CASE("Headers of the user stay with the origin they were meant for",
          "[client][event_source]") {
  ScriptedStream hub;
  hub.options.headers = {{"Authorization", "Bearer secret"}, {"X-Key", "k"}};
  hub.options.last_event_id = "5";
  hub.run({answer(307, {{"Location", "http://other:1/a"}}),
           answer(307, {{"Location", "http://hub:1/b"}}), stream("")});
  CHECK(lines(hub, "GET") ==
        Diary{"GET http://hub:1/watch Last-Event-ID:5 Authorization:Bearer secret X-Key:k",
              "GET http://other:1/a Last-Event-ID:5",
              "GET http://hub:1/b Last-Event-ID:5 Authorization:Bearer secret X-Key:k"});
}

TEST_CASE("A gap is told with what the server knows of it", "[client][event_source]") {
  ScriptedStream hub;
  hub.run(
      {stream("event: sse.gap\n"
              "data: {\"requested\":\"1\",\"oldest\":\"9\",\"missed\":8,"
              "\"reason\":\"expired\"}\n\n"
              "event: sse.gap\ndata: {\"requested\":\"1\",\"missed\":null}\n\n"
              "event: sse.gap\ndata: not json\n\n")});
  CHECK(lines(hub, "gap") == Diary{"gap 1 expired 8", "gap 1  unknown", "gap   unknown"});
  CHECK(lines(hub, "event").empty());
}

TEST_CASE("A position that is gone is a gap, and the stream starts again",
          "[client][event_source]") {
  for (const int status : {410, 412}) {
    ScriptedStream hub;
    hub.options.last_event_id = "5";
    hub.options.wait_server = 1min;
    hub.run({answer(status), stream("")});
    CHECK(lines(hub, "gap") == Diary{"gap 5 status " + std::to_string(status) + " unknown"});
    CHECK(lines(hub, "GET").back() == "GET http://hub:1/watch");
  }
}

TEST_CASE("A server that closes says why, and for how long", "[client][event_source]") {
  ScriptedStream hub;
  hub.run(
      {stream("retry: 40000\nevent: sse.closing\n"
              "data: {\"reason\":\"evicted\",\"retry\":40000}\n\n")});
  CHECK(hub.diary == Diary{"GET http://hub:1/watch", "closing evicted", "wait 40s"});
}

TEST_CASE("Three missed heartbeats cut the connection", "[client][event_source]") {
  auto silent = stream(":", {{"SSE-Heartbeat", "15"}});
  silent.steps.emplace_back(Silence{44s});
  silent.steps.emplace_back(":");
  silent.steps.emplace_back(Silence{10min});
  ScriptedStream hub;
  const auto before = hub.clock.now().boot;
  hub.run({silent, stream("")});
  CHECK(lines(hub, "GET").size() == 2);
  CHECK(hub.clock.now().boot - before < 91s);
}

TEST_CASE("Without an announced heartbeat, silence is not a fault", "[client][event_source]") {
  for (const auto& headers : {std::vector<Header>{}, std::vector<Header>{{"SSE-Heartbeat", "0"}}}) {
    auto silent = stream(":\n", headers);
    silent.steps.emplace_back(Silence{24h});
    silent.steps.emplace_back("data: late\n\n");
    ScriptedStream hub;
    hub.run({silent});
    CHECK(lines(hub, "event") == Diary{"event late"});
    CHECK(lines(hub, "GET").size() == 1);
  }
}

TEST_CASE("The listener ends the run where it wants to", "[client][event_source]") {
  ScriptedStream hub;
  hub.enough_after = 2;
  CHECK(hub.run({stream("data: a\n\ndata: b\n\ndata: c\n\n")}) == Reason::kListener);
  CHECK(lines(hub, "event") == Diary{"event a", "event b"});

  ScriptedStream none;
  none.enough_after = 0;
  CHECK(none.run({stream("data: a\n\n")}) == Reason::kListener);
  CHECK(lines(none, "event").empty());
}

TEST_CASE("Without reconnecting, the end of the stream is the end", "[client][event_source]") {
  ScriptedStream hub;
  hub.options.reconnect = false;
  CHECK(hub.run({stream("data: a\n\n"), stream("data: b\n\n")}) == Reason::kStreamEnded);
  CHECK(lines(hub, "event") == Diary{"event a"});
}
