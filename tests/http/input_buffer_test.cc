#include "sse/http/input_buffer.h"

#include <array>
#include <memory>
#include <string>

#include <malloc.h>

#include "support/catch.h"
#include "support/memory_socket.h"

namespace sse::http {
namespace {

using Fill = InputBuffer::Fill;

struct Stage {
  Fill fill() { return input.fill(socket, shared); }

  test::Peer peer;
  test::MemorySocket socket{peer};
  std::array<char, 8> shared{};
  InputBuffer input;
};

TEST_CASE("Nothing is read before the socket has told of something", "[http][input]") {
  Stage f;
  f.peer.send("abc");
  CHECK(f.fill() == Fill::kNothing);
  f.input.note({.readable = true});
  CHECK(f.fill() == Fill::kBytes);
  CHECK(f.input.bytes() == "abc");
  CHECK(f.input.is_untried());
}

TEST_CASE("What is left of a read is kept, and what follows comes behind it", "[http][input]") {
  Stage f;
  f.peer.send("abcdefghij");
  f.input.note({.readable = true});
  REQUIRE(f.fill() == Fill::kBytes);
  CHECK(f.input.bytes() == "abcdefgh");
  f.input.consume(6);
  f.input.keep();
  f.shared.fill('x');  // the buffer is another connection's now
  CHECK(f.input.bytes() == "gh");
  CHECK(f.input.is_untried());
  f.input.wait_for_more();
  CHECK_FALSE(f.input.is_untried());
  REQUIRE(f.fill() == Fill::kBytes);
  CHECK(f.input.bytes() == "ghij");
  f.input.consume(4);
  f.input.keep();
  CHECK(f.input.bytes().empty());
  CHECK_FALSE(f.input.is_untried());
}

TEST_CASE("What came in many reads and is taken gives its memory back", "[http][input]") {
  constexpr std::size_t kSize = 32U << 10U;
  Stage f;
  f.peer.send(std::string(kSize, 'x'));
  f.input.note({.readable = true});
  const auto before = ::mallinfo2().uordblks;
  while (f.input.bytes().size() < kSize) {
    REQUIRE(f.fill() == Fill::kBytes);
    f.input.keep();
  }
  f.input.consume(kSize);
  f.input.keep();
  CHECK(f.input.bytes().empty());
  CHECK(::mallinfo2().uordblks < before + kSize / 2);
}

TEST_CASE("The peer's end is read behind all that came before it", "[http][input]") {
  Stage f;
  f.peer.send("abc");
  f.peer.finish();
  f.input.note({.readable = true, .hung_up = true});
  CHECK(f.input.is_hung_up());
  CHECK(f.fill() == Fill::kBytes);
  f.input.consume(3);
  f.input.keep();
  CHECK(f.fill() == Fill::kEnd);
}

}  // namespace
}  // namespace sse::http
