// Sources that stream the response to a question: a method, a body, an end mark.

#include <string>

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::SubStage;

namespace {

constexpr char kChunked[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(const std::string& bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

const std::string two_tokens = "data: {\"delta\":\"a\"}\n\ndata: {\"delta\":\"b\"}\n\n";

}  // namespace

TEST_CASE("A question is posted, and its response ends with its mark", "[commands][sub][ask]") {
  SubStage stage;
  sse::test::write_text(stage.directory.file("ask"), "{\"stream\":true}");
  for (const std::string data : {"{\"stream\":true}", "@ask"}) {
    auto sub = stage.start({stage.server.url() + "/v1/chat", "-d", data, "--until-data", "[DONE]"});
    const auto connection = stage.server.accept();
    CHECK_THAT(connection.head(), Catch::StartsWith("POST /v1/chat HTTP/1.1\r\n"));
    CHECK(connection.header("Content-Length") == "15");
    CHECK(connection.header("Content-Type") == "application/json");
    CHECK(connection.header("Accept") == "text/event-stream");
    connection.send(kChunked + chunk(two_tokens) + chunk("data: [DONE]\n\ndata: more\n\n"));
    CHECK(sub.wait() == 0);
    CHECK(sub.out() == "{\"delta\":\"a\"}\n{\"delta\":\"b\"}\n");
  }
}

TEST_CASE("Without a mark a whole response is the end, and a cut one is a failure",
          "[commands][sub][ask]") {
  SubStage stage;
  struct Row {
    std::vector<std::string> options;
    std::string end;
    int code;
  };
  const Row rows[] = {{{}, "0\r\n\r\n", 0},
                      {{}, "", 69},
                      {{"--until-data", "[DONE]"}, "0\r\n\r\n", 69},
                      {{"--fail-if-none", "-E", "message"}, "0\r\n\r\n", 1}};
  for (const Row& row : rows) {
    CAPTURE(row.code, row.end);
    std::vector<std::string> options{"-X", "PUT", "-H", "content-type: text/plain", "-d", "?"};
    options.insert(options.end(), row.options.begin(), row.options.end());
    auto sub = stage.start(options);
    auto connection = stage.server.accept();
    CHECK_THAT(connection.head(), Catch::StartsWith("PUT /events/watch HTTP/1.1\r\n"));
    CHECK(connection.header("Content-Type") == "text/plain");
    connection.send(kChunked + chunk(two_tokens) + row.end);
    connection.finish();
    CHECK(sub.wait() == row.code);
  }
}

TEST_CASE("A question is asked once, and never somewhere else", "[commands][sub][ask]") {
  SubStage stage;
  auto busy = stage.start({"-d", "?"});
  stage.server.answer("503 Busy", "Retry-After: 0\r\n");
  CHECK(busy.wait() == 69);
  auto moved = stage.start({"-d", "?"});
  stage.server.answer("307 Moved", "Location: /other\r\n");
  CHECK(moved.wait() == 76);
  CHECK_THAT(moved.err(), Catch::Contains("a POST is not redirected"));
}

TEST_CASE("What makes no sense with a question is refused", "[commands][sub][ask]") {
  SubStage stage;
  const std::vector<std::string> rows[] = {{"-X", "GET", "-d", "?"}, {"-X", "post"},
                                           {"-X", "HEAD"},           {"-X", ""},
                                           {"-d", "?", "-"},         {"-d", "?", "--resume"}};
  for (const auto& row : rows) CHECK(stage.start(row).wait() == 64);
  CHECK(stage.start({"-d", "@no-such-file"}).wait() == 66);
}

TEST_CASE("The mark of a stream that goes on is behind the place", "[commands][sub][ask]") {
  SubStage stage;
  auto sub = stage.start({"--until-data=END", "--cursor-file=place"});
  const auto stream = stage.server.accept_stream("id: 1\ndata: a\n\nid: 2\ndata: END\n\n");
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "a\n");
  auto again = stage.start({"-C1", "--cursor-file=place"});
  CHECK(stage.server.accept_stream("data: b\n\n").header("Last-Event-ID") == "2");
  CHECK(again.wait() == 0);
}
