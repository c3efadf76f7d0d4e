#include "sse/takeover/channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "sse/takeover/messages.h"
#include "sse/takeover/packing.h"

#include "support/catch.h"

namespace sse::takeover {
namespace {

std::pair<Channel, Channel> make_pair() {
  std::array<int, 2> fds{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
  return {Channel(UniqueFd(fds[0])), Channel(UniqueFd(fds[1]))};
}

}  // namespace

TEST_CASE("a message arrives with its bytes and its descriptors") {
  auto [near, far] = make_pair();
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const UniqueFd reading(pipe[0]);
  UniqueFd writing(pipe[1]);
  REQUIRE(near.send(Kind::kPart, "bytes", {writing.get()}));
  writing.reset();
  auto message = far.receive();
  REQUIRE(message);
  CHECK(message->kind == Kind::kPart);
  CHECK(message->bytes == "bytes");
  REQUIRE(message->descriptors.size() == 1);
  CHECK((::fcntl(message->descriptors[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  REQUIRE(::write(message->descriptors[0].get(), "x", 1) == 1);
  char got = 0;
  CHECK(::read(reading.get(), &got, 1) == 1);
}

TEST_CASE("messages keep their order and their own descriptors") {
  auto [near, far] = make_pair();
  const std::vector<int> many(kMostDescriptors, STDERR_FILENO);
  REQUIRE(near.send(Kind::kHello, "1"));
  REQUIRE(near.send(Kind::kPart, "2", many));
  REQUIRE(near.send(Kind::kEnd, {}));
  CHECK(far.receive()->bytes == "1");
  CHECK(far.receive()->descriptors.size() == kMostDescriptors);
  CHECK(far.receive()->kind == Kind::kEnd);
}

TEST_CASE("a peer that has gone is an error on both ways") {
  auto [near, far] = make_pair();
  { const Channel gone(std::move(far)); }
  CHECK(near.send(Kind::kHello, "x").error().code == ErrorCode::kUnavailable);
  CHECK(near.receive().error().code == ErrorCode::kUnavailable);
}

TEST_CASE("a deadline ends the wait") {
  auto [near, far] = make_pair();
  near.set_deadline(std::chrono::steady_clock::now());
  CHECK(near.receive().error().text == "the other process takes too long");
}

TEST_CASE("what is not a message is an error, and takes no memory") {
  auto [near, far] = make_pair();
  REQUIRE(::send(near.fd(), "GET / HTTP/1.1\r\n", 16, 0) == 16);
  CHECK(far.receive().error().code == ErrorCode::kInvalid);
}

TEST_CASE("a refusal is an error with the text of the other process") {
  auto [near, far] = make_pair();
  REQUIRE(near.send(Kind::kRefusal, pack_refusal("no")));
  const auto refused = far.receive();
  CHECK(refused.error().code == ErrorCode::kForbidden);
  CHECK(refused.error().text == "no");
}

TEST_CASE("one that receives no more is not sent to, and what has arrived is there") {
  auto [near, far] = make_pair();
  CHECK_FALSE(far.has_arrived());
  REQUIRE(near.send(Kind::kTaken, {}));
  far.stop_receiving();
  CHECK_FALSE(near.send(Kind::kTaken, {}));
  CHECK(far.has_arrived());
  CHECK(far.receive()->kind == Kind::kTaken);
}

TEST_CASE("what a packer packs an unpacker takes, and nothing behind it") {
  Packer packer;
  packer.number(7).text("seven").texts({"a", ""});
  const std::string bytes = packer.take();
  Unpacker whole(bytes);
  CHECK(whole.number() == 7);
  CHECK(whole.text() == "seven");
  CHECK(whole.texts() == std::vector<std::string>{"a", ""});
  CHECK(whole.is_at_end());
  CHECK_FALSE(whole.has_failed());
  whole.number();
  CHECK(whole.has_failed());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Unpacker cut(std::string_view(bytes).substr(0, size));
    cut.number();
    cut.text();
    cut.texts();
    CHECK(cut.has_failed());
  }
}

TEST_CASE("more descriptors than fit one message are not sent") {
  auto [near, far] = make_pair();
  const std::vector<int> many(kMostDescriptors + 1, STDERR_FILENO);
  CHECK(near.send(Kind::kPart, "x", many).error().code == ErrorCode::kInvalid);
}

TEST_CASE("only a path without a socket, or one that is not listened to, is one without a hub") {
  CHECK(Channel::connect("/tmp/there-is-none.sock").error().code == ErrorCode::kUnavailable);
  CHECK(Channel::connect("/dev/null").error().code == ErrorCode::kUnavailable);
  CHECK(Channel::connect("/dev/null/hub.sock").error().code == ErrorCode::kIo);
}

}  // namespace sse::takeover
