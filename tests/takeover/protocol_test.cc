// Both sides of a takeover over a pair of sockets, with a failure at each step.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sse/takeover/giver.h"
#include "sse/takeover/packing.h"
#include "sse/takeover/taker.h"

#include "support/catch.h"

namespace sse::takeover {
namespace {

using std::chrono::milliseconds;

/// Notes what is asked of it, and fails where a test wants it to.
struct NotingHoldings final : Holdings {
  Result<Offered> offer(const Hello& hello) override {
    steps += "offer ";
    if (fails_at == "offer") return Error{ErrorCode::kForbidden, "not for " + hello.program};
    return Offered{{"old", 2, {{"main", "127.0.0.1"}}}, {STDERR_FILENO}};
  }
  Status stop() override {
    steps += "stop ";
    if (fails_at == "stop") return Error{ErrorCode::kUnavailable, "it cannot stop"};
    return {};
  }
  Status send(Channel& channel) override {
    steps += "send ";
    if (fails_at == "memory") throw std::bad_alloc();
    if (fails_at == "send") return Error{ErrorCode::kIo, "it cannot be sent"};
    return channel.send(Kind::kPart, "part", {STDERR_FILENO, STDERR_FILENO});
  }
  void go_on() override { steps += "go_on"; }
  void let_go() override {
    steps += "let_go";
    if (fails_at == "let_go") throw std::bad_alloc();
  }

  std::string fails_at;
  std::string steps;
};

/// An old process on a thread of its own.
class Old {
 public:
  explicit Old(std::string fails_at = {}, milliseconds patience = milliseconds(5'000)) {
    holdings_.fails_at = std::move(fails_at);
    std::array<int, 2> fds{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
    near_.emplace(UniqueFd(fds[0]));
    thread_ = std::thread([this, patience, fd = fds[1]] {
      Channel channel{UniqueFd(fd)};
      given_ = give(channel, holdings_, {patience, patience});
    });
  }
  ~Old() {
    near_.reset();
    if (thread_.joinable()) thread_.join();
  }

  Channel& channel() { return *near_; }
  Channel take_channel() {
    Channel channel = std::move(*near_);
    near_.reset();
    return channel;
  }

  /// What it did, once it has ended.
  std::string steps() {
    if (thread_.joinable()) thread_.join();
    return holdings_.steps;
  }
  bool has_given() const { return given_.has_value(); }
  /// What it says of it. REQUIRES: !has_given().
  const std::string& why() const { return given_.error().text; }

 private:
  NotingHoldings holdings_;
  std::optional<Channel> near_;
  Status given_;
  std::thread thread_;
};

const Hello kHello{"new", Keeping::kMemory, ""};

Status take_nothing(Message&& /*part*/) {
  return {};
}

}  // namespace

TEST_CASE("a new process that takes everything has it, and the old one lets it go") {
  Old old;
  Taker taker(old.take_channel());
  const auto offered = taker.ask(kHello);
  REQUIRE(offered);
  CHECK(offered->offer.program == "old");
  CHECK(offered->offer.streams == 2);
  REQUIRE(offered->descriptors.size() == 1);
  CHECK(offered->offer.listeners[0].bind == "127.0.0.1");
  std::vector<Message> parts;
  REQUIRE(taker.receive([&](Message&& part) -> Status {
    parts.push_back(std::move(part));
    return {};
  }));
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].bytes == "part");
  CHECK(parts[0].descriptors.size() == 2);
  REQUIRE(taker.take());
  CHECK(old.steps() == "offer stop send let_go");
  CHECK(old.has_given());
}

TEST_CASE("a new process that leaves at some step leaves the old one with everything") {
  Old old;
  auto step = GENERATE(0, 1, 2, 3);
  {
    Taker taker(old.take_channel());
    if (step > 0) REQUIRE(taker.ask(kHello));
    if (step == 2) {
      CHECK_FALSE(taker.receive([](Message&&) { return Status(Error{}); }));
    }
    if (step == 3) REQUIRE(taker.receive(take_nothing));
  }
  const std::string steps = old.steps();
  CHECK_FALSE(old.has_given());
  CHECK(steps == (step == 0 ? "" : step == 1 ? "offer " : "offer stop send go_on"));
}

TEST_CASE("an old process that fails at some step goes on, and says why") {
  const std::string step = GENERATE("offer", "stop", "send");
  Old old(step);
  Taker taker(old.take_channel());
  const auto offered = taker.ask(kHello);
  if (step == "offer") {
    CHECK(offered.error().text == "not for new");
    CHECK(old.steps() == "offer ");
    return;
  }
  REQUIRE(offered);
  const auto received = taker.receive(take_nothing);
  CHECK(received.error().text == (step == "stop" ? "it cannot stop" : "it cannot be sent"));
  CHECK(old.steps() == (step == "stop" ? "offer stop go_on" : "offer stop send go_on"));
  CHECK_FALSE(old.has_given());
}

TEST_CASE("a new process that takes too long cannot take it any more") {
  Old old({}, milliseconds(50));
  Taker taker(old.take_channel());
  REQUIRE(taker.ask(kHello));
  REQUIRE(taker.receive(take_nothing));
  CHECK(old.steps() == "offer stop send go_on");
  CHECK_FALSE(taker.take());
}

TEST_CASE("a new process that cannot start says why") {
  Old old;
  Taker taker(old.take_channel());
  REQUIRE(taker.ask(kHello));
  taker.refuse("the address is in use");
  CHECK(old.steps() == "offer ");
  CHECK(old.why() == "the other process did not get ready: the address is in use");
}

TEST_CASE("what was taken is the new process's, whatever the old one has no memory for") {
  Old old("let_go");
  Taker taker(old.take_channel());
  REQUIRE(taker.ask(kHello));
  REQUIRE(taker.receive(take_nothing));
  REQUIRE(taker.take());
  CHECK(old.steps() == "offer stop send let_go");
  CHECK(old.has_given());
}

TEST_CASE("a new process that refuses what it was given leaves it to the old one") {
  Old old;
  Taker taker(old.take_channel());
  REQUIRE(taker.ask(kHello));
  REQUIRE(taker.receive(take_nothing));
  taker.refuse("too much");
  CHECK(old.steps() == "offer stop send go_on");
  CHECK(old.why() == "the other process has not taken what it was given: too much");
}

TEST_CASE("processes of different versions tell each other so") {
  Old old;
  Packer packer;
  packer.number(kVersion + 1).text("newer").number(0).text("");
  REQUIRE(old.channel().send(Kind::kHello, packer.take()));
  const auto answer = old.channel().receive();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().text.find("version 2 of the takeover") != std::string::npos);
  CHECK(old.steps().empty());

  Packer other;
  other.number(kVersion + 1);
  CHECK(Offer::unpack(other.take()).error().code == ErrorCode::kForbidden);
}

TEST_CASE("a message out of turn ends the attempt") {
  Old old;
  REQUIRE(old.channel().send(Kind::kTaken, {}));
  CHECK(old.steps().empty());
  CHECK_FALSE(old.has_given());
}

TEST_CASE("processes of this user and of root may ask") {
  CHECK(check_peer({10, 1000}, 1000));
  CHECK(check_peer({10, 0}, 1000));
  CHECK(check_peer({10, 1001}, 1000).error().code == ErrorCode::kForbidden);
  CHECK(check_peer({10, 1000}, 0).error().code == ErrorCode::kForbidden);
}

TEST_CASE("an old process that has no memory for it goes on") {
  Old old("memory");
  Taker taker(old.take_channel());
  REQUIRE(taker.ask(kHello));
  CHECK_FALSE(taker.receive(take_nothing));
  CHECK(old.steps() == "offer stop send go_on");
  CHECK_FALSE(old.has_given());
}

TEST_CASE("a new process that is to stop takes nothing, and says so") {
  Old old;
  Taker taker(old.take_channel());
  std::array<int, 2> pipe{};
  REQUIRE(::pipe(pipe.data()) == 0);
  const UniqueFd reading(pipe[0]);
  const UniqueFd writing(pipe[1]);
  taker.cut_off_by(reading.get());
  REQUIRE(taker.ask(kHello));
  REQUIRE(taker.receive(take_nothing));
  REQUIRE(::write(writing.get(), "x", 1) == 1);
  CHECK(taker.take().error().text == "this process is to stop");
  taker.refuse("this process is to stop");
  CHECK(old.steps() == "offer stop send go_on");
}

TEST_CASE("a new process sees that the old one has given the attempt up") {
  Old old({}, milliseconds(50));
  Taker taker(old.take_channel());
  REQUIRE(taker.ask(kHello));
  REQUIRE(taker.receive(take_nothing));
  CHECK_FALSE(old.steps().empty());
  CHECK(taker.is_left());
}

TEST_CASE("an offer says who watches over the hub") {
  const Offer offer{"old", 2, {{"main", "127.0.0.1"}}, {"/run/notify", milliseconds(1'500)}};
  const auto read = Offer::unpack(offer.pack());
  REQUIRE(read);
  CHECK(read->supervisor.notify_socket == "/run/notify");
  CHECK(read->supervisor.watchdog_interval == milliseconds(1'500));
}

}  // namespace sse::takeover
