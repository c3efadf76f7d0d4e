// History that is longer than memory: fifty subscribers replay from fifty places at once, and live
// streams do not notice. 16 MiB under 1 MiB of memory here; SSE_HISTORY_MIB=2048 asks for more,
// under 64 MiB.

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "sse/wire/event_id.h"
#include "sse/wire/parser.h"

#include "crowd.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"
#include "system/process.h"

namespace sse::test {
namespace {

constexpr std::size_t kTopics = 10;

std::size_t history_mib() {
  const char* const text = std::getenv("SSE_HISTORY_MIB");
  return text == nullptr ? 16 : static_cast<std::size_t>(std::atoi(text));
}

/// A stream of every event, or of those of one topic: of every kTopics-th.
class Replay final : public wire::EventSink {
 public:
  /// The events after `position`.
  Replay(std::uint16_t port, wire::Sequence position, const std::string& since, bool is_filtered)
      : connection_(port), step_(is_filtered ? kTopics : 1) {
    expected_ = position + 1;
    while (expected_ % step_ != 0) ++expected_;
    const std::string topic = is_filtered ? "&topic=t/0" : "";
    connection_.send("GET /events/watch?since=" + since + topic +
                     " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  }

  /// Takes what has arrived, without waiting.
  void read() {
    static std::array<char, 256U << 10U> buffer;
    while (fault_.empty()) {
      const auto size = ::recv(connection_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (size <= 0) return fail("the stream ended");
      take({buffer.data(), static_cast<std::size_t>(size)});
    }
  }

  /// Where it begins is settled.
  bool is_open() const { return has_head_ || !fault_.empty(); }
  bool has_reached(wire::Sequence head) const { return expected_ > head; }
  const std::string& fault() const { return fault_; }

 private:
  void take(std::string_view bytes) {
    if (!has_head_) {
      head_ += bytes;
      const auto end = head_.find("\r\n\r\n");
      if (end == std::string::npos) return;
      has_head_ = true;
      if (head_.find("SSE-Resume: exact\r\n") == std::string::npos) return fail(head_);
      bytes = std::string_view(head_).substr(end + 4);
    }
    text_.clear();
    if (!chunks_.take(bytes, text_) || !parser_.push(text_)) fail("the framing");
  }

  bool on_event(wire::ReceivedEvent& event) override {
    const auto id = wire::EventId::parse(event.id);
    if (!id || id->sequence() != expected_) {
      fail(event.type + " " + event.id + " in place of " + std::to_string(expected_));
    }
    expected_ += step_;
    return true;
  }

  void fail(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }

  RawConnection connection_;
  const std::size_t step_;
  wire::Sequence expected_ = 0;
  ChunkReader chunks_;
  wire::Parser parser_{*this};
  std::string head_;
  std::string text_;
  bool has_head_ = false;
  std::string fault_;
};

/// Publishes numbered events of about a kilobyte, a megabyte a request. Returns the newest
/// sequence.
wire::Sequence publish(std::uint16_t port, std::size_t mib) {
  wire::Sequence number = 0;
  RawConnection connection(port);
  for (; mib > 0; --mib) {
    std::string lines;
    for (int i = 0; i < 1024; ++i) {
      ++number;
      lines += R"({"topic":"t/)" + std::to_string(number % kTopics) + R"(","data":")" +
               std::string(900, 'x') + "\"}\n";
    }
    connection.send(
        "POST /events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: " +
        std::to_string(lines.size()) + "\r\n\r\n" + lines);
    REQUIRE(read_answer(connection).status == 200);
  }
  return number;
}

double ceiling_in_mib(const std::string& said) {
  constexpr std::string_view kSays = "memory: at most ";
  const auto at = said.find(kSays);
  REQUIRE(at != std::string::npos);
  return std::stod(said.substr(at + kSays.size()));
}

double archive_reads(std::uint16_t port) {
  constexpr std::string_view kSeries = "\nsse_archive_reads_total ";
  const std::string text = request(port, "GET", "/-/metrics").body;
  const auto at = text.find(kSeries);
  REQUIRE(at != std::string::npos);
  return std::stod(text.substr(at + kSeries.size()));
}

TEST_CASE(
    "Fifty subscribers replay from fifty places on the disk, each event once, beside live "
    "streams",
    "[system][history]") {
  constexpr std::size_t kReplays = 50;
  const std::size_t mib = history_mib();
  TemporaryDirectory directory;
  raise_descriptor_limit();
  HubProgram hub({"--data-dir", directory.file("data"), "--sync=off", "--max-log-bytes",
                  mib > 256 ? "64M" : "1M", "--history-cache=4M"});
  const wire::Sequence head = publish(hub.port(), mib);

  Crowd live(hub.port());
  live.open(5);
  std::deque<Replay> replays;
  for (std::size_t i = 0; i < kReplays; ++i) {
    const wire::Sequence position = head * i / kReplays;
    replays.emplace_back(hub.port(), position, "-" + std::to_string(head - position), i % 2 == 1);
  }
  // Places are counted from the end, which the first live event moves.
  wait_until(
      [&] {
        for (Replay& replay : replays) replay.read();
        return std::all_of(replays.begin(), replays.end(), std::mem_fn(&Replay::is_open));
      },
      "the replays");
  const auto all_have = [&](wire::Sequence last) {
    return std::all_of(replays.begin(), replays.end(), [&](const Replay& replay) {
      return !replay.fault().empty() || replay.has_reached(last);
    });
  };
  wire::Sequence last = head;
  std::size_t beside = 0;  // events that were live while replays went on
  Poster poster(hub.port());
  while (!all_have(head)) {
    poster.post(R"({"topic":"t/x","data":"live"})");
    wait_until(
        [&] {
          for (Replay& replay : replays) replay.read();
          live.read();
          if (const auto answer = poster.answer()) last = accepted_id(*answer).sequence();
          return !poster.is_waiting() && live.all_reached(last);
        },
        "a live event, beside replays");
    ++beside;
  }
  for (const Replay& replay : replays) CHECK(replay.fault() == "");
  for (const auto& stream : live.streams()) CHECK(stream.is_complete());
  CHECK(beside > 0);
  CHECK(archive_reads(hub.port()) > static_cast<double>(mib));
  if (!kSanitized) {
    CHECK(static_cast<double>(peak_rss_bytes(hub.program().pid())) / (1U << 20U) <
          ceiling_in_mib(hub.program().err()));
  }
}

}  // namespace
}  // namespace sse::test
