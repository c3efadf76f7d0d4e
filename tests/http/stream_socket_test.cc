#include "sse/http/stream_socket.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/stream_stage.h"

namespace sse::http {
namespace {

using Stage = StreamStage;

TEST_CASE("Nothing is sent before the first write, and then the head leaves with it",
          "[http][stream]") {
  Stage stage;
  CHECK(stage.peer.writes() == 0);
  stage.write_all("retry: 1\n");
  CHECK(stage.peer.writes() == 1);
  CHECK(stage.received() == std::string(kHead) + "9\r\nretry: 1\n\r\n");
}

TEST_CASE("What one write is given is one chunk, sent at once", "[http][stream]") {
  Stage stage;
  stage.write_all("1");
  stage.peer.take();
  CHECK(stage.write({"id: 1\n", "", "data: x\n", "\n"}).bytes == 15);
  CHECK(stage.peer.writes() == 2);
  CHECK(stage.peer.take() == "f\r\nid: 1\ndata: x\n\n\r\n");
  const auto large = text_of(10'000);
  stage.write_all(large);
  CHECK(stage.peer.writes() == 3);
  CHECK(stage.peer.take() == chunk(large));
}

TEST_CASE("A chunk has at most 16 KiB", "[http][stream]") {
  Stage stage;
  for (const std::size_t size : {16'384U, 16'385U, 32'768U, 40'000U, 262'144U}) {
    stage.write_all("-");
    stage.peer.take();
    const auto text = text_of(size);
    const auto before = stage.peer.writes();
    stage.write_all(text);
    CHECK(stage.peer.writes() - before == 1);
    std::string expected;
    for (std::size_t at = 0; at < size; at += StreamSocket::kMostInChunk) {
      expected += chunk(text.substr(at, StreamSocket::kMostInChunk));
    }
    CHECK(stage.peer.take() == expected);
  }
}

TEST_CASE("Any number of pieces is sent, in order", "[http][stream]") {
  Stage stage;
  const auto text = text_of(50'000);
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < text.size(); at += 7) {
    pieces.push_back(std::string_view(text).substr(at, 7));
  }
  CHECK(stage.write(pieces).bytes == text.size());
  stage.socket->shutdown_write();
  const auto stream = read_stream(stage.received());
  CHECK(stream.text == text);
  CHECK(stream.is_whole);
  CHECK(stream.fault.empty());
}

TEST_CASE("However little the peer takes at once, the chunks are right", "[http][stream]") {
  const auto text = text_of(1'000);
  for (std::size_t room = 1; room < 300; ++room) {
    CAPTURE(room);
    Stage stage;
    stage.trickle(text, room);
    stage.trickle(text, room);
    CHECK(stage.socket->promised() == 0);
    stage.socket->shutdown_write();
    REQUIRE(stage.received() == std::string(kHead) + chunk(text) + chunk(text) + "0\r\n\r\n");
  }
}

TEST_CASE("A peer that blocks once, at any byte, gets the same bytes", "[http][stream]") {
  const auto text = text_of(40'000);
  std::string expected(kHead);
  for (const auto size : {std::size_t{20}, text.size()}) {
    for (std::size_t at = 0; at < size; at += StreamSocket::kMostInChunk) {
      expected += chunk(text.substr(0, size).substr(at, StreamSocket::kMostInChunk));
    }
  }
  expected += "0\r\n\r\n";
  for (std::size_t at = 0; at + 5 < expected.size(); at += at % 16'384 < 200 ? 1U : 97U) {
    CAPTURE(at);
    Stage stage;
    stage.peer.set_room(at);
    for (const auto size : {std::size_t{20}, text.size()}) {
      std::string_view left = std::string_view(text).substr(0, size);
      for (int tries = 0; tries < 2; ++tries) {
        if (!left.empty()) left.remove_prefix(stage.write(left).bytes);
        if (!left.empty()) stage.peer.set_room(test::kUnlimited);
      }
      REQUIRE(left.empty());
    }
    stage.peer.set_room(test::kUnlimited);
    stage.socket->shutdown_write();
    REQUIRE(stage.received() == expected);
  }
}

TEST_CASE("Only the body's bytes count, and none while only framing moves", "[http][stream]") {
  Stage stage;
  const auto status_of = [&](std::size_t room, std::string_view bytes) {
    stage.peer.set_room(room);
    const auto result = stage.write(bytes);
    return std::pair(result.status, result.bytes);
  };
  using Told = std::pair<IoStatus, std::size_t>;
  CHECK(status_of(kHead.size(), "abc") == Told(IoStatus::kWouldBlock, 0));
  CHECK(stage.socket->promised() == 0);  // the chunk has not begun
  CHECK(status_of(1, "abc") == Told(IoStatus::kWouldBlock, 0));
  CHECK(stage.socket->promised() == 3);
  CHECK(status_of(2, "abc") == Told(IoStatus::kWouldBlock, 0));
  CHECK(status_of(1, "abc") == Told(IoStatus::kOk, 1));
  CHECK(stage.socket->promised() == 2);
  CHECK(status_of(2, "bc") == Told(IoStatus::kUnsent, 2));  // without the CRLF
  CHECK(stage.socket->promised() == 0);
  CHECK(stage.socket->unsent() == 2);
  CHECK(status_of(1, {}) == Told(IoStatus::kWouldBlock, 0));
  CHECK(stage.socket->unsent() == 1);
  CHECK(status_of(0, "d") == Told(IoStatus::kWouldBlock, 0));
  stage.peer.set_room(1);
  CHECK(net::send_unsent(*stage.socket));
  CHECK(stage.socket->unsent() == 0);
  CHECK(stage.received() == std::string(kHead) + "3\r\nabc\r\n");
}

TEST_CASE("The caller may come back with more, with less, and in other pieces", "[http][stream]") {
  const auto text = text_of(300);
  for (std::size_t first = 1; first < 300; first += 13) {
    for (std::size_t room = 1; room < 320; room += 7) {
      CAPTURE(first, room);
      Stage stage;
      stage.peer.set_room(kHead.size() + room);
      std::size_t at = stage.write(std::string_view(text).substr(0, first)).bytes;
      for (std::size_t size = 1; at < text.size(); ++size) {
        stage.peer.set_room(size % 5 == 0 ? test::kUnlimited : size);
        const auto rest = std::string_view(text).substr(at, size);
        at += stage.write({rest.substr(0, rest.size() / 2), rest.substr(rest.size() / 2)}).bytes;
      }
      stage.peer.set_room(test::kUnlimited);
      CHECK(stage.socket->promised() == 0);
      stage.socket->shutdown_write();
      const auto stream = read_stream(stage.received());
      REQUIRE(stream.fault.empty());
      REQUIRE(stream.is_whole);
      REQUIRE(stream.text == text);
    }
  }
}

TEST_CASE("A chunk that is not full ends without the last chunk", "[http][stream]") {
  const auto text = text_of(30);
  const std::size_t size = kHead.size() + chunk(text).size();
  for (std::size_t at = 0; at <= size; ++at) {
    CAPTURE(at);
    Stage stage;
    stage.peer.set_room(at);
    stage.write(text);
    stage.peer.set_room(test::kUnlimited);
    const bool is_whole = stage.socket->promised() == 0;
    stage.socket->shutdown_write();
    CHECK(stage.peer.saw_end());
    const auto stream = read_stream(stage.received());
    CHECK(stream.fault.empty());
    CHECK(stream.is_whole == is_whole);
    CHECK(is_whole == (at <= kHead.size() || at + 2 >= size));
  }
}

TEST_CASE("The rest of a chunk that was promised can be anything of that size", "[http][stream]") {
  const auto text = text_of(40);
  for (std::size_t at = kHead.size() + 1; at < kHead.size() + chunk(text).size(); ++at) {
    CAPTURE(at);
    Stage stage;
    stage.peer.set_room(at);
    const auto taken = stage.write(text).bytes;
    stage.peer.set_room(test::kUnlimited);
    const auto promised = stage.socket->promised();
    REQUIRE(promised == text.size() - taken);
    if (promised > 0) stage.write_all(std::string(promised, '.'));
    REQUIRE(stage.socket->promised() == 0);
    stage.write_all("bye");
    stage.socket->shutdown_write();
    const auto stream = read_stream(stage.received());
    CHECK(stream.is_whole);
    CHECK(stream.text == text.substr(0, taken) + std::string(promised, '.') + "bye");
  }
}

TEST_CASE("What follows a cut in a sequence of chunks may be other bytes", "[http][stream]") {
  const auto text = text_of(2 * StreamSocket::kMostInChunk + 777);
  const std::size_t size = kHead.size() + text.size() + 22;
  for (std::size_t at = 0; at < size; at += at % 16'384 < 200 ? 1U : 97U) {
    CAPTURE(at);
    Stage stage;
    stage.peer.set_room(at);
    const auto taken = stage.write(text).bytes;
    stage.peer.set_room(test::kUnlimited);
    // As the hub does when the event that it had begun is superseded.
    const std::string filler(stage.socket->promised(), '.');
    if (!filler.empty()) stage.write_all(filler);
    stage.write_all("another");
    stage.socket->shutdown_write();
    const auto stream = read_stream(stage.received());
    REQUIRE(stream.fault.empty());
    REQUIRE(stream.is_whole);
    REQUIRE(stream.text == text.substr(0, taken) + filler + "another");
  }
}

TEST_CASE("A stream that ends before anything was written is a head and no body",
          "[http][stream]") {
  Stage chunked;
  chunked.socket->shutdown_write();
  CHECK(chunked.received() == std::string(kHead) + "0\r\n\r\n");
  Stage old(StreamForm::kUntilClose);
  old.socket->shutdown_write();
  CHECK(old.received() == kOldHead);
}

TEST_CASE("For HTTP/1.0 the body is as it was written, behind the head", "[http][stream]") {
  const auto text = text_of(2'000);
  for (const std::size_t room : {1U, 2U, 7U, 100U, 1'000'000U}) {
    Stage stage(StreamForm::kUntilClose);
    stage.trickle(text, room);
    stage.trickle(text, room);
    CHECK(stage.socket->promised() == 0);
    stage.socket->shutdown_write();
    CHECK(stage.received() == std::string(kOldHead) + text + text);
  }
}

TEST_CASE("A peer that is gone is told as gone", "[http][stream]") {
  Stage stage;
  stage.peer.reset();
  CHECK(stage.write("x").status == IoStatus::kPeerGone);
  net::SharedRun run;
  run.share("x");
  CHECK(stage.socket->write_shared(run).status == IoStatus::kPeerGone);
}

/// Streams of one loop that are given the same run.
struct Sharing {
  net::IoResult write(Stage& stage, std::string_view bytes) {
    run.share(bytes);
    return stage.socket->write_shared(run);
  }
  net::SharedRun run;
};

TEST_CASE("A run that is shared is framed once, also a large one that a second stream is given",
          "[http][stream]") {
  for (const std::size_t size : {1U, 100U, 4'096U, 5'000U, 20'000U, 100'000U}) {
    CAPTURE(size);
    const auto text = text_of(size);
    std::string expected;
    for (std::size_t at = 0; at < size; at += StreamSocket::kMostInChunk) {
      expected += chunk(text.substr(at, StreamSocket::kMostInChunk));
    }
    Sharing sharing;
    for (int i = 0; i < 4; ++i) {
      Stage stage;
      stage.write_all("x");
      stage.peer.take();
      CHECK(sharing.write(stage, text).bytes == size);
      CHECK(stage.peer.take() == expected);
      CHECK(sharing.run.framed().empty() == (i == 0 && size > 4'096));
    }
  }
}

TEST_CASE("What is shared is cut at any byte for one, and whole for the others", "[http][stream]") {
  const auto text = text_of(17'000);
  const auto expected = chunk(text.substr(0, 16'384)) + chunk(text.substr(16'384));
  Sharing sharing;
  for (std::size_t at = 0; at < expected.size(); at += at % 16'384 < 100 ? 1U : 61U) {
    CAPTURE(at);
    Stage cut;
    Stage whole;
    for (Stage* stage : {&cut, &whole}) {
      stage->write_all("x");
      stage->peer.take();
    }
    cut.peer.set_room(at);
    const auto taken = sharing.write(cut, text).bytes;
    REQUIRE((taken < text.size() || cut.socket->unsent() > 0));
    REQUIRE(sharing.write(whole, text).bytes == text.size());
    REQUIRE(whole.peer.take() == expected);
    cut.peer.set_room(test::kUnlimited);
    REQUIRE(net::send_unsent(*cut.socket));
    const auto rest = std::string_view(text).substr(taken);
    if (!rest.empty()) REQUIRE(sharing.write(cut, rest).bytes == rest.size());
    REQUIRE(cut.peer.take() == expected);
  }
}

TEST_CASE("A run that is forgotten is framed again, where other bytes stand at its place",
          "[http][stream]") {
  Stage stage;
  stage.write_all("x");
  stage.peer.take();
  Sharing sharing;
  std::string memory = "before";
  sharing.write(stage, memory);
  memory = "behind";
  sharing.run.forget();
  sharing.write(stage, memory);
  CHECK(stage.peer.take() == "6\r\nbefore\r\n6\r\nbehind\r\n");
}

TEST_CASE("A stream without chunks is given a shared run as it is", "[http][stream]") {
  Stage stage(StreamForm::kUntilClose);
  Sharing sharing;
  sharing.write(stage, "one");
  sharing.write(stage, "two");
  CHECK(stage.received() == std::string(kOldHead) + "onetwo");
}

TEST_CASE("What a stream costs beside its socket is told by the size of this class",
          "[http][stream]") {
  CHECK(sizeof(StreamSocket) <= 40);
}

}  // namespace
}  // namespace sse::http
