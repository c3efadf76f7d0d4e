// Whole requests through the API: from bytes on a connection to the log, the store and the stream
// of a subscriber that reads along. Nothing crashes, each answer is one, and the stream's framing
// holds.
//
// The first byte chooses how many bytes a socket takes at once; then come the bytes of connections.
// Two bytes that occur in no UTF-8 text are not sent:
//   0xFE  the connection ends, the next one begins
//   0xFF  what came so far arrives, and a second passes

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/answer_check.h"
#include "fuzz/input.h"
#include "support/chunked.h"
#include "support/memory_hub.h"
#include "support/strict_stream.h"

namespace sse::fuzz {
namespace {

using test::Peer;

constexpr char kNextConnection = '\xFE';
constexpr char kPause = '\xFF';
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kSubscribe = "GET /events/watch HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string text_of_stream(std::string_view received) {
  check_head(received, 200);
  auto stream = test::read_stream(received);
  SSE_CHECK(stream.fault.empty());
  return std::move(stream.text);
}

class Run {
 public:
  explicit Run(std::size_t write_limit) : write_limit_(write_limit), hub_(options()) {
    reader_.send(kSubscribe);
    hub_.settle();
    answers_.clear();
  }

  /// One connection, from its first byte to its FIN.
  void connect(std::string_view bytes) {
    Peer& peer = hub_.connect();
    peer.set_write_limit(write_limit_);
    for (std::size_t at = 0; at <= bytes.size();) {
      const auto end = std::min(bytes.find(kPause, at), bytes.size());
      if (end > at) peer.send(bytes.substr(at, end - at));
      hub_.settle();
      if (end < bytes.size()) hub_.pass(std::chrono::seconds(1));
      at = end + 1;
    }
    const bool is_stream = !answers_.empty() && answers_.back().bytes == 0 && answers_.back().whole;
    peer.finish();
    hub_.settle();
    SSE_CHECK(peer.is_closed());
    check_answers(peer.received(), is_stream);
    answers_.clear();
  }

  /// The subscriber has got every event, in order, and nothing that a hub does not write.
  void check_stream() {
    hub_.settle();
    test::StrictStream stream;
    stream.take(text_of_stream(reader_.received()));
    if (!stream.fault().empty()) std::fprintf(stderr, "%s\n", stream.fault().c_str());
    SSE_CHECK(stream.fault().empty());
    SSE_CHECK(stream.is_between_blocks());
    SSE_CHECK(stream.is_gapless());
    SSE_CHECK(stream.events() == hub_.log.head());
  }

 private:
  struct Answer {
    int status;
    std::string method;
    std::size_t bytes;  // 0: a stream
    bool whole;         // false: the peer left before it was there
  };

  test::MemoryHub::Options options() {
    test::MemoryHub::Options options;
    options.http.max_head = 2048;
    options.http.max_body = 4096;
    options.http.request_timeout = std::chrono::seconds(3);
    options.http.idle_timeout = std::chrono::seconds(5);
    options.hub.max_clients = 3;
    options.hub.when_full = hub::WhenFull::kReject;  // the reader stays
    options.hub.heartbeat = std::chrono::seconds(2);
    options.log.retention.max_bytes = log::kMinLogBytes;
    options.log.max_event_size = 1024;
    options.rows.rows = 3;
    options.rows.per_series = 4;
    options.observe = [this](const http::Answered& answered) {
      answers_.push_back(
          {answered.status, std::string(answered.method), answered.bytes, answered.whole});
    };
    return options;
  }

  void check_answers(std::string_view received, bool ends_in_stream) {
    for (const auto& answer : answers_) {
      while (received.starts_with(kContinue)) received.remove_prefix(kContinue.size());
      if (!answer.whole) {
        SSE_CHECK(&answer == &answers_.back());  // and not a byte of it was sent
        break;
      }
      if (answer.bytes == 0) {
        SSE_CHECK(ends_in_stream && &answer == &answers_.back());
        test::StrictStream stream;
        SSE_CHECK(stream.take(text_of_stream(received)));
        return;
      }
      SSE_CHECK(answer.bytes <= received.size());
      check_answer(received.substr(0, answer.bytes), answer.status, answer.method);
      received.remove_prefix(answer.bytes);
    }
    // A socket that takes no more at the start of an answer is cut, inside `100 Continue` too.
    SSE_CHECK(kContinue.starts_with(received));
  }

  const std::size_t write_limit_;
  std::vector<Answer> answers_;  // of the present connection
  test::MemoryHub hub_;
  Peer& reader_ = hub_.connect();
};

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sse::fuzz;
  auto bytes = text_of(data, size);
  const auto choice = take_byte(bytes);
  Run run(choice % 2 == 0 ? sse::test::kUnlimited : choice * 4);
  while (!bytes.empty()) {
    const auto connection = bytes.substr(0, bytes.find(kNextConnection));
    run.connect(connection);
    bytes.remove_prefix(std::min(connection.size() + 1, bytes.size()));
  }
  run.check_stream();
  return 0;
}
