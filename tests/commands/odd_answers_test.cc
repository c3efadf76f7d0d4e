// What servers, proxies and strangers answer, for sse-sub and sse-pub: each answer has a documented
// exit code, a word that says what was wrong, and bounded memory.

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/scripted_server.h"

namespace sse::test {
namespace {

enum class Then {
  kFinish,
  kReset,
  kHang,
  kRepeat,  ///< sends `repeated` until the client closes
};

struct Row {
  const char* name;
  std::string bytes;
  std::string why;  ///< said by both; empty: the answer is good
  Then then = Then::kFinish;
  std::string repeated{};
};

const std::string ok_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";
const std::string event_body = "data: a\n\n";
const std::string good_answer = ok_head + "\r\n" + event_body;
const std::string chunked_head = ok_head + "Transfer-Encoding: chunked\r\n\r\n";

std::string interim(const char* status) {
  return std::string("HTTP/1.1 ") + status + "\r\nLink: </a>\r\n\r\n";
}

std::vector<Row> heads() {
  return {
      {"100 first", interim("100 Continue") + good_answer, ""},
      {"102 and 103 first", interim("102 Processing") + interim("103 Early Hints") + good_answer,
       ""},
      {"101", interim("101 Switching Protocols") + good_answer, "switches protocols"},
      {"only 103", interim("103 Early Hints"), "without a response"},
      {"endless 103", "", "longer than 200 KiB", Then::kRepeat, interim("103 Early Hints")},
      {"nothing", "", "without a response"},
      {"RST at once", "", "gave no whole response: connection reset by peer", Then::kReset},
      {"FIN in the status line", "HTTP/1.1 2", "without a response"},
      {"FIN in the head", ok_head + "X: y\r\n", "ends inside its head"},
      {"RST in the head", ok_head, "gave no whole response: connection reset by peer",
       Then::kReset},
      {"a line of 90 kB", ok_head + "X: " + std::string(90'000, 'x') + "\r\n\r\n" + event_body, ""},
      {"a line of 110 kB", ok_head + "X: " + std::string(110'000, 'x') + "\r\n\r\n" + event_body,
       "a header line is too long"},
      {"an endless line", ok_head + "X: ", "a header line is too long", Then::kRepeat,
       std::string(1000, 'x')},
      {"endless lines", ok_head, "longer than 200 KiB", Then::kRepeat, "X: y\r\n"},
      {"a reason of 20 kB", "HTTP/1.1 200 " + std::string(20'000, 'x') + good_answer.substr(15),
       ""},
      {"no reason", "HTTP/1.1 200" + good_answer.substr(15), ""},
      {"another version", "HTTP/2 200 OK" + good_answer.substr(15), "its version is HTTP/2"},
      {"four digits", "HTTP/1.1 2000 OK" + good_answer.substr(15), "cannot be read"},
      {"HTTP/0.9", event_body, "it is not HTTP"},
      {"a banner", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "it is not HTTP"},
      {"NUL", ok_head + std::string("X: a\0b\r\n\r\n", 10) + event_body, "gave no whole response"},
      {"a blank before the colon", ok_head + "Content-Length : 3\r\n\r\n" + event_body,
       "\"Content-Length : 3\" is not a header line"},
      {"a status line in the head", ok_head + "HTTP/1.1 103 X: y\r\n\r\n" + event_body,
       "\"HTTP/1.1 103 X: y\" is not a header line"},
      {"no colon", ok_head + "what is this\r\n\r\n" + event_body, "header without colon"},
      {"a folded line", ok_head + "X: a\r\n b\r\n\r\n" + event_body, ""},
      {"LF for CR LF", "HTTP/1.1 200 OK\nContent-Type: text/event-stream\n\n" + event_body, ""},
  };
}

std::vector<Row> framings() {
  return {
      {"HTTP/1.0", "HTTP/1.0" + good_answer.substr(8), ""},
      {"one length", ok_head + "Content-Length: 9\r\n\r\n" + event_body, ""},
      {"the same length twice",
       ok_head + "Content-Length: 9\r\nContent-Length: 9\r\n\r\n" + event_body, ""},
      {"more than its length", ok_head + "Content-Length: 9\r\n\r\n" + event_body + event_body, ""},
      {"two lengths", ok_head + "Content-Length: 9\r\nContent-Length: 5\r\n\r\n" + event_body,
       "two Content-Lengths"},
      {"not a number", ok_head + "Content-Length: 9abc\r\n\r\n" + event_body,
       "\"9abc\" is not a length"},
      {"a negative length", ok_head + "Content-Length: -9\r\n\r\n" + event_body, "Content-Length"},
      {"10^22", ok_head + "Content-Length: 10000000000000000000000\r\n\r\n" + event_body,
       "is not a length"},
      {"chunks", chunked_head + "5\r\ndata:\r\n4\r\n a\n\n\r\n0\r\n\r\n", ""},
      {"chunks with a trailer", chunked_head + "9\r\n" + event_body + "\r\n0\r\nX: y\r\n\r\n", ""},
      {"chunks with an extension", chunked_head + "9;a=b\r\n" + event_body + "\r\n0\r\n\r\n", ""},
      {"a length and chunks",
       ok_head + "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n" + event_body +
           "\r\n0\r\n\r\n",
       "a Content-Length and is chunked"},
      {"HTTP/1.0 with chunks",
       "HTTP/1.0" + chunked_head.substr(8) + "9\r\n" + event_body + "\r\n0\r\n\r\n",
       "HTTP/1.0 does not have"},
      {"an unknown transfer coding",
       ok_head + "Transfer-Encoding: br, chunked\r\n\r\n" + event_body, "Transfer-Encoding"},
      {"gzip", ok_head + "Content-Encoding: gzip\r\n\r\n\x1f\x8b", "\"gzip\""},
      {"br", ok_head + "Content-Encoding: br\r\n\r\n\x0b", "\"br\""},
      {"identity", ok_head + "Content-Encoding: identity\r\n\r\n" + event_body, ""},
      {"a chunk size that is not one", chunked_head + "xyz\r\n" + event_body,
       "chunks cannot be read"},
      {"a huge chunk size", chunked_head + "fffffffffffffffff\r\n" + event_body,
       "chunks cannot be read"},
      {"an endless chunk size", chunked_head, "chunks cannot be read", Then::kRepeat, "0000"},
      {"an endless extension", chunked_head + "9;", "extensions have no end", Then::kRepeat,
       std::string(1000, 'x')},
      {"an endless trailer", chunked_head + "0\r\n", "longer than 200 KiB", Then::kRepeat,
       "X: y\r\n"},
      {"no line end behind a chunk", chunked_head + "5\r\ndata:5\r\n", "chunks cannot be read"},
  };
}

std::vector<Row> ends() {
  return {
      {"FIN in a chunk", chunked_head + "20\r\ndata: a\n", "before the end of the response"},
      {"FIN between chunks", chunked_head + "8\r\ndata: a\n\r\n", "before the end of the response"},
      {"FIN before the length", ok_head + "Content-Length: 99\r\n\r\ndata: a\n",
       "before the end of the response"},
      {"RST in the body", ok_head + "Content-Length: 99\r\n\r\ndata: a\n",
       "connection reset by peer", Then::kReset},
      {"silence", "", "in time", Then::kHang},
      {"silence behind 103", interim("103 Early Hints"), "in time", Then::kHang},
      {"silence in the head", ok_head + "X: y", "in time", Then::kHang},
  };
}

/// In 512 MiB of address space: a client that grows without end fails in another way.
Program start(const ScriptedServer& server, std::vector<std::string> words) {
  const char* const limited = kIsSanitized ? "exec \"$@\"" : "ulimit -v 524288; exec \"$@\"";
  words.insert(words.begin(), {"sh", "-c", limited, "sh"});
  words[4] = program_path(words[4]);
  return Program(words, {{"SSE_URL=" + server.url()}, false, ""});
}

void play(const ScriptedServer& server, const Row& row, Program& program) {
  auto connection = server.accept();
  static_cast<void>(connection.try_send(row.bytes));
  switch (row.then) {
    case Then::kFinish:
      connection.finish();
      break;
    case Then::kReset:
      // What was sent is read first, or the reset overtakes it.
      connection.wait_until_taken();
      connection.reset();
      break;
    case Then::kHang:
      program.wait();
      break;
    case Then::kRepeat:
      while (connection.try_send(row.repeated)) {
      }
      break;
  }
}

void check(const Row& row, Program& program, int good, int bad) {
  CAPTURE(row.name, program.err());
  CHECK(program.wait() == (row.why.empty() ? good : bad));
  CHECK_THAT(program.err(), Catch::Contains(row.why));
}

void check_both(const Row& row) {
  const ScriptedServer server;
  CAPTURE(row.name);
  const bool hangs = row.then == Then::kHang;
  std::vector<std::string> subscribe{"sse-sub", "-C1", "--no-reconnect"};
  if (hangs) subscribe.insert(subscribe.end(), {"--connect-timeout=200ms", "--read-timeout=50ms"});
  Program sub = start(server, subscribe);
  play(server, row, sub);
  check(row, sub, 0, 69);
  CHECK(sub.out() == (row.why.empty() ? "a\n" : ""));

  Program pub = start(server, {"sse-pub", "event", "-d", "x", "--retries=0",
                               hangs ? "--timeout=250ms" : "--timeout=60s"});
  play(server, row, pub);
  check(row, pub, 0, hangs ? 124 : 69);
  if (!row.why.empty()) CHECK_THAT(pub.err(), Catch::Contains("it may have been published"));
}

TEST_CASE("Both clients read odd heads, or say what is wrong with them", "[commands][answers]") {
  for (const Row& row : heads()) check_both(row);
}

TEST_CASE("Both clients read each framing, or say what is wrong with it", "[commands][answers]") {
  for (const Row& row : framings()) check_both(row);
}

TEST_CASE("Both clients say how an answer ended too early", "[commands][answers]") {
  for (const Row& row : ends()) check_both(row);
}

}  // namespace
}  // namespace sse::test
