#include "sse/net/loop.h"

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "sse/base/gathering.h"
#include "sse/net/loop_pool.h"
#include "sse/net/tcp_socket.h"

#include "support/catch.h"
#include "support/manual_clock.h"

namespace sse::net {
namespace {

using namespace std::chrono_literals;

struct CountingTask final : TurnTask {
  bool on_turn() override { return ++turns < wanted; }
  int turns = 0;
  int wanted = 1;
};

std::unique_ptr<Loop> open_loop(const Clock& clock,
                                std::uint64_t steps_per_part = Loop::kStepsPerPart) {
  auto loop = Loop::open(clock, 0, steps_per_part);
  REQUIRE(loop);
  return std::move(loop).value();
}

TEST_CASE("A timer runs when its time has come, not before, and in order", "[net][loop]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  std::string order;
  loop->run_after(20ms, [&] { order += 'b'; });
  loop->run_after(10ms, [&] { order += 'a'; });
  const auto cancelled = loop->run_after(10ms, [&] { order += 'x'; });
  loop->cancel(cancelled);
  loop->turn();
  CHECK(order.empty());
  clock.advance(10ms);
  loop->turn();
  CHECK(order == "a");
  clock.advance(10ms);
  loop->turn();
  CHECK(order == "ab");
}

TEST_CASE("A timer that re-arms itself without delay runs once a turn", "[net][loop]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    loop->run_after(0ms, again);
  };
  loop->run_after(0ms, again);
  loop->turn();
  CHECK(runs == 1);
  loop->turn();
  CHECK(runs == 2);
}

TEST_CASE("What a part of a turn has no steps for is done in the next turn", "[net][loop]") {
  test::ManualClock clock;
  auto loop = open_loop(clock, 1);
  int ran = 0;
  for (int i = 0; i < 2; ++i) loop->post([&] { ++ran; });
  for (int i = 0; i < 2; ++i) loop->run_after(0ms, [&] { ran += 10; });
  loop->turn();
  CHECK(ran == 11);
  loop->turn();
  CHECK(ran == 22);
}

TEST_CASE("A posted task runs in the next turn, on the loop's thread", "[net][loop]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  std::thread::id ran_on;
  std::thread poster([&] { loop->post([&] { ran_on = std::this_thread::get_id(); }); });
  poster.join();
  loop->turn(60s);  // the poke ends the wait
  CHECK(ran_on == std::this_thread::get_id());
}

TEST_CASE("What is posted while tasks are left over does not wait for anything else",
          "[net][loop]") {
  constexpr int kMany = 10'000;  // more than one turn runs
  test::ManualClock clock;
  auto loop = open_loop(clock);
  int runs = 0;
  bool is_last_run = false;
  for (int i = 0; i < kMany; ++i) {
    loop->post([&] {
      if (++runs == 1) loop->post([&] { is_last_run = true; });
    });
  }
  loop->turn();
  CHECK(runs < kMany);
  for (int turn = 0; turn < 100 && !is_last_run; ++turn) loop->turn(60s);  // it never sleeps
  CHECK(runs == kMany);
  CHECK(is_last_run);
}

TEST_CASE("Tasks that are posted together run in order, behind those before them", "[net][loop]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  std::string order;
  const auto note = [&](char c) { return [&order, c] { order += c; }; };
  loop->post(note('a'));
  loop->post(Loop::Tasks{note('b'), note('c')});
  loop->post(note('d'));
  loop->turn();
  CHECK(order == "abcd");
}

/// Notes that it was handed over.
struct Note final : Parcel {
  explicit Note(std::string& the_order) : order(the_order) {}
  void deliver() override { order += '!'; }
  std::string& order;
};

TEST_CASE("What the tasks of a turn gather is handed over when all have run, before timers",
          "[net][loop]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  std::string order;
  loop->run_after(0ms, [&] { order += Gathering::current() == nullptr ? 't' : '?'; });
  for (int i = 0; i < 2; ++i) {
    loop->post([&] {
      order += 'a';
      REQUIRE(Gathering::current() != nullptr);
      Gathering::current()->parcel(&order, [&] { return std::make_unique<Note>(order); });
    });
  }
  loop->turn();
  CHECK(order == "aa!t");
}

TEST_CASE("A woken turn task runs once, or for as long as it asks", "[net][loop]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  CountingTask task;
  loop->add_turn_task(task);
  loop->turn();
  CHECK(task.turns == 0);
  loop->wake();
  loop->wake();
  loop->turn(60s);
  loop->turn();
  CHECK(task.turns == 1);
  task.wanted = 4;
  loop->wake();
  for (int i = 0; i < 5; ++i) loop->turn();
  CHECK(task.turns == 4);
}

struct RecordingHandler final : ReadyHandler {
  void on_ready(Readiness readiness) override {
    last = readiness;
    ++calls;
    if (destroys) destroys->reset();
  }
  Readiness last;
  int calls = 0;
  std::optional<TcpSocket>* destroys = nullptr;
};

struct SocketPair {
  SocketPair() {
    int fds[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    ours.emplace(UniqueFd(fds[0]));
    peer.reset(fds[1]);
  }
  std::optional<TcpSocket> ours;
  UniqueFd peer;
};

TEST_CASE("A socket tells its handler about bytes, and about a peer that closed", "[net][socket]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  SocketPair pair;
  RecordingHandler handler;
  REQUIRE(pair.ours->attach(*loop, handler));
  CHECK(loop->attached() == 1);
  loop->turn();
  CHECK(handler.last.writable);
  REQUIRE(::write(pair.peer.get(), "abc", 3) == 3);
  loop->turn();
  CHECK(handler.last.readable);
  char buffer[8];
  const auto result = pair.ours->read(buffer);
  CHECK((result.status == IoStatus::kOk && result.bytes == 3));
  CHECK(pair.ours->read(buffer).status == IoStatus::kWouldBlock);
  pair.peer.reset();
  loop->turn();
  CHECK(handler.last.hung_up);
  CHECK(pair.ours->read(buffer).status == IoStatus::kEnd);
}

TEST_CASE("A socket that is destroyed in its turn is not told again", "[net][socket]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  SocketPair first;
  SocketPair second;
  RecordingHandler handlers[2];
  REQUIRE(first.ours->attach(*loop, handlers[0]));
  REQUIRE(second.ours->attach(*loop, handlers[1]));
  handlers[0].destroys = &second.ours;
  handlers[1].destroys = &first.ours;
  loop->turn();
  CHECK(handlers[0].calls + handlers[1].calls == 1);
  CHECK(loop->attached() == 1);
}

TEST_CASE("A full socket would block, and is told when there is room again", "[net][socket]") {
  test::ManualClock clock;
  auto loop = open_loop(clock);
  SocketPair pair;
  RecordingHandler handler;
  REQUIRE(pair.ours->attach(*loop, handler));
  loop->turn();
  std::string bytes(1 << 16, 'x');
  const iovec piece{bytes.data(), bytes.size()};
  while (pair.ours->write({&piece, 1}).status == IoStatus::kOk) {
  }
  CHECK(pair.ours->write({&piece, 1}).status == IoStatus::kWouldBlock);
  handler.calls = 0;
  loop->turn();
  CHECK(handler.calls == 0);
  while (::read(pair.peer.get(), bytes.data(), bytes.size()) > 0) {
  }
  loop->turn();
  CHECK(handler.calls == 1);
  CHECK(handler.last.writable);
}

TEST_CASE("A pool runs its loops until it is stopped", "[net][loop]") {
  SystemClock clock;
  auto pool = LoopPool::open(clock, 2);
  REQUIRE(pool);
  (*pool)->start();
  std::atomic<int> ran = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    Loop& loop = (**pool)[i];
    loop.post([&ran, &loop] {
      if (loop.role().is_held()) ++ran;
      ran.notify_all();
    });
  }
  for (int seen = 0; seen < 2; seen = ran.load()) ran.wait(seen);
  (*pool)->stop();
  CHECK(ran == 2);
}

}  // namespace
}  // namespace sse::net
