// What a TlsSocket reads and writes, over sockets without a kernel.

#include "sse/net/tls_socket.h"

#include <algorithm>
#include <array>
#include <string>

#include <openssl/ssl.h>

#include "net/tls_stage.h"

namespace sse::net {
namespace {

using Handshake = TlsSocket::Handshake;

const test::TlsWish kTls12{.least = TLS1_2_VERSION, .most = TLS1_2_VERSION};
const test::TlsWish kTls13{.least = TLS1_3_VERSION, .most = TLS1_3_VERSION};

/// Text that shows where a byte is missing or there twice.
std::string numbers(std::size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += std::to_string(i) + ' ';
  text.resize(bytes);
  return text;
}

TEST_CASE("Plaintext goes both ways, with either version", "[net][tls]") {
  for (const auto& wish : {kTls12, kTls13}) {
    TlsStage stage(wish);
    REQUIRE(stage.shake_hands() == Handshake::kDone);
    CHECK(stage.socket->tls()->version ==
          (wish.least == TLS1_2_VERSION ? TlsVersion::k12 : TlsVersion::k13));
    CHECK(stage.socket->tls()->protocol == "http/1.1");
    stage.client.write("GET /");
    stage.client.pump();
    CHECK(stage.read() == "GET /");
    const auto result = stage.write("200 OK");
    CHECK(result.status == IoStatus::kOk);
    CHECK(result.bytes == 6);
    stage.client.pump();
    CHECK(stage.client.received() == "200 OK");
  }
}

TEST_CASE("The pieces of a write leave in one write, in as few records as hold them",
          "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  std::string first = numbers(100);
  std::string second = numbers(20'000);
  std::string third = "end";
  const std::array<iovec, 4> pieces{{{first.data(), first.size()},
                                     {first.data(), 0},
                                     {second.data(), second.size()},
                                     {third.data(), third.size()}}};
  const std::size_t writes = stage.peer.writes();
  const std::size_t before = stage.peer.received_bytes();
  const auto result = stage.socket->write(pieces);
  CHECK(result.bytes == first.size() + second.size() + third.size());
  CHECK(stage.peer.writes() == writes + 1);
  CHECK(stage.peer.received_bytes() - before <= result.bytes + 2 * 64);
  stage.client.pump();
  CHECK(stage.client.received() == first + second + third);
}

TEST_CASE("A write that is cut anywhere in its records arrives once and whole", "[net][tls]") {
  const std::string text = numbers(300);
  TlsStage measured;
  REQUIRE(measured.shake_hands() == Handshake::kDone);
  const std::size_t before = measured.peer.received_bytes();
  measured.write(text);
  const std::size_t sealed = measured.peer.received_bytes() - before;
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  std::string expected;
  for (std::size_t room = 0; room <= sealed; ++room) {
    CAPTURE(room);
    stage.peer.set_room(room);
    const auto result = stage.write(text);
    // It was sealed, so it counts as taken, however much of it has left.
    REQUIRE(result.status == (stage.socket->unsent() > 0 ? IoStatus::kUnsent : IoStatus::kOk));
    REQUIRE(result.bytes == text.size());
    CHECK(stage.socket->unsent() == sealed - room);
    expected += text;
    if (room < sealed) {
      const auto blocked = stage.write("more");
      CHECK(blocked.status == IoStatus::kWouldBlock);
      CHECK(blocked.bytes == 0);
      stage.was_told_writable();
      stage.peer.set_room(test::kUnlimited);
      CHECK(stage.was_told_writable());
    }
    CHECK(stage.socket->unsent() == 0);
    stage.client.pump();
    REQUIRE(stage.client.received() == expected);
  }
}

TEST_CASE("A long write through short ones arrives once and whole", "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  const std::string text = numbers(1'000'000);
  stage.peer.set_write_limit(7'001);
  std::size_t taken = 0;
  while (taken < text.size()) {
    const auto result = stage.write(std::string_view(text).substr(taken));
    REQUIRE(result.status != IoStatus::kPeerGone);
    taken += result.bytes;
    CHECK(stage.socket->unsent() <= TlsSocket::kMostSealed);
    stage.loop->turn();
    stage.client.pump();
  }
  while (stage.socket->unsent() > 0) stage.loop->turn();
  stage.client.pump();
  CHECK(stage.client.received() == text);
}

TEST_CASE("A peer that takes nothing is told as blocked until all that was sealed has left",
          "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.peer.set_room(0);
  const std::string text = numbers(200'000);
  const auto result = stage.write(text);
  CHECK(result.status == IoStatus::kOk);
  CHECK(result.bytes < text.size());
  CHECK(stage.socket->unsent() > result.bytes);
  CHECK(stage.socket->unsent() <= TlsSocket::kMostSealed);
  CHECK(stage.write("x").status == IoStatus::kWouldBlock);
  stage.was_told_writable();
  // Some of it leaves: it is not worth another try.
  stage.peer.set_room(1'000);
  CHECK_FALSE(stage.was_told_writable());
  CHECK(stage.write("x").status == IoStatus::kWouldBlock);
  stage.peer.set_room(test::kUnlimited);
  CHECK(stage.was_told_writable());
  CHECK(stage.write("x").status == IoStatus::kOk);
}

TEST_CASE("A read that does not fill its buffer has left nothing in OpenSSL's", "[net][tls]") {
  for (const std::size_t most : {1U, 7U, 100U, 65'536U}) {
    CAPTURE(most);
    TlsStage stage;
    REQUIRE(stage.shake_hands() == Handshake::kDone);
    const std::string text = numbers(5'000);
    // Two records, which come with one read of the socket below.
    stage.client.write(text);
    stage.client.write("end");
    stage.client.pump();
    std::string all;
    do {
      all += stage.read(most);
    } while (stage.last.status == IoStatus::kOk && stage.last.bytes == most);
    CHECK(all == text + "end");
  }
}

TEST_CASE("Data behind a record that is none is read with it", "[net][tls]") {
  TlsStage stage(kTls13);
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.client.update_keys();
  stage.client.write("behind");
  stage.client.pump();
  CHECK(stage.read() == "behind");
  // The keys asked for come with the next write.
  stage.write("answer");
  stage.client.pump();
  CHECK(stage.client.received() == "answer");
}

TEST_CASE("Records may come byte by byte", "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.client.write("slowly");
  std::string all;
  for (const char c : stage.client.take_sealed()) {
    stage.peer.send({&c, 1});
    all += stage.read();
  }
  CHECK(all == "slowly");
  CHECK(stage.last.status == IoStatus::kOk);
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kWouldBlock);
}

TEST_CASE("Records of one byte have their turn, and the loop's budget pays for them",
          "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  constexpr std::size_t kAll = 10'000;
  for (std::size_t i = 0; i < kAll; ++i) stage.client.write("x");
  stage.client.pump();
  CHECK(stage.read().size() == TlsSocket::kMostRecords);
  // The next ones are not read before it is told of them.
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kWouldBlock);
  std::size_t got = TlsSocket::kMostRecords;
  std::size_t most = 0;
  std::size_t in_turn = 0;
  stage.when_ready = [&](Readiness readiness) {
    if (!readiness.readable) return;
    const auto before = stage.loop->budget().left();
    const auto bytes = stage.read().size();
    CHECK(bytes <= TlsSocket::kMostRecords);
    const auto spent = before - stage.loop->budget().left();
    CHECK((spent >= bytes * 50 || stage.loop->budget().is_spent()));
    in_turn += bytes;
  };
  for (int turns = 0; got < kAll && turns < 1'000; ++turns) {
    in_turn = 0;
    stage.loop->turn();
    got += in_turn;
    most = std::max(most, in_turn);
  }
  CHECK(got == kAll);
  CHECK(most <= 1'000);
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kWouldBlock);
}

TEST_CASE("An end that comes with data is told behind it", "[net][tls]") {
  for (const bool is_broken : {false, true}) {
    CAPTURE(is_broken);
    TlsStage stage;
    REQUIRE(stage.shake_hands() == Handshake::kDone);
    stage.client.write("last");
    std::string sealed = stage.client.take_sealed();
    if (is_broken) {
      sealed += sealed;  // the same record twice
    } else {
      stage.client.close_notify();  // and no FIN
      sealed += stage.client.take_sealed();
    }
    stage.peer.send(sealed);
    CHECK(stage.read() == "last");
    stage.told.clear();
    stage.loop->turn();
    REQUIRE(stage.told.size() == 1);
    CHECK(stage.told[0].readable);
    CHECK(stage.told[0].hung_up);
    CHECK(stage.told[0].broken == is_broken);
    CHECK(stage.read().empty());
    CHECK(stage.last.status == (is_broken ? IoStatus::kPeerGone : IoStatus::kEnd));
    stage.loop->turn();
    CHECK(stage.told.size() == 1);
  }
}

TEST_CASE("A socket that is destroyed before it is woken is not told", "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.client.write("last");
  stage.client.close_notify();
  stage.client.pump();
  CHECK(stage.read() == "last");
  stage.socket.reset();
  stage.told.clear();
  stage.loop->turn();
  CHECK(stage.told.empty());
}

TEST_CASE("The peer's end is an end, with or without its close_notify", "[net][tls]") {
  for (const bool says_so : {false, true}) {
    CAPTURE(says_so);
    TlsStage stage;
    REQUIRE(stage.shake_hands() == Handshake::kDone);
    stage.client.write("last");
    if (says_so) stage.client.close_notify();
    stage.client.pump();
    stage.peer.finish();
    CHECK(stage.read() == "last");
    CHECK(stage.read().empty());
    CHECK(stage.last.status == IoStatus::kEnd);
    CHECK(stage.read().empty());
    CHECK(stage.last.status == IoStatus::kEnd);
    // The other direction goes on.
    CHECK(stage.write("answer").bytes == 6);
    stage.client.pump();
    CHECK(stage.client.received() == "answer");
  }
}

TEST_CASE("An end inside a record is an end", "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.client.write("cut off");
  const std::string sealed = stage.client.take_sealed();
  stage.peer.send(std::string_view(sealed).substr(0, sealed.size() - 1));
  CHECK(stage.read().empty());
  stage.peer.finish();
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kEnd);
}

TEST_CASE("A record that was changed on its way breaks the connection", "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.client.write("transfer 100");
  std::string sealed = stage.client.take_sealed();
  sealed.back() = static_cast<char>(sealed.back() ^ 1);
  stage.peer.send(sealed);
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kPeerGone);
  CHECK(stage.write("x").status == IoStatus::kPeerGone);
  CHECK_FALSE(stage.socket->failure().empty());
  stage.client.pump();
  CHECK(stage.client.failure().find("bad record mac") != std::string::npos);
}

TEST_CASE("The end is said behind what waits, and before FIN", "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  const std::string text = numbers(10'000);
  stage.peer.set_room(5'000);
  CHECK(stage.write(text).bytes == text.size());
  stage.socket->shutdown_write();
  CHECK_FALSE(stage.peer.saw_end());
  stage.peer.set_room(test::kUnlimited);
  CHECK(stage.peer.saw_end());
  CHECK(stage.socket->unsent() == 0);
  stage.client.pump();
  CHECK(stage.client.received() == text);
  CHECK(stage.client.saw_close_notify());
  // Reading goes on.
  stage.client.write("late");
  stage.client.pump();
  CHECK(stage.read() == "late");
}

TEST_CASE("A socket that is destroyed says the end, if all before it has left", "[net][tls]") {
  TlsStage whole;
  REQUIRE(whole.shake_hands() == Handshake::kDone);
  whole.write("whole");
  whole.socket.reset();
  whole.client.pump();
  CHECK(whole.client.received() == "whole");
  CHECK(whole.client.saw_close_notify());

  TlsStage cut;
  REQUIRE(cut.shake_hands() == Handshake::kDone);
  cut.peer.set_room(10);
  cut.write("cut");
  cut.socket.reset();
  cut.client.pump();
  CHECK_FALSE(cut.client.saw_close_notify());
}

TEST_CASE("A handler may destroy the socket that tells it", "[net][tls]") {
  for (const bool sends : {true, false}) {
    TlsStage stage;
    REQUIRE(stage.shake_hands() == Handshake::kDone);
    stage.peer.set_room(3);
    stage.write("waits");
    stage.when_ready = [&](Readiness) { stage.socket.reset(); };
    if (sends) {
      stage.client.write("x");
      stage.client.pump();
    } else {
      stage.peer.set_room(test::kUnlimited);
    }
    CHECK(stage.socket == nullptr);
    CHECK(stage.peer.is_closed());
  }
}

TEST_CASE("A reset tells the handler, and everything fails from then on", "[net][tls]") {
  TlsStage stage;
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.peer.set_room(3);
  stage.write("waits");
  stage.told.clear();
  stage.peer.reset();
  REQUIRE(stage.told.size() == 1);
  CHECK(stage.told[0].broken);
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kPeerGone);
  CHECK(stage.write("x").status == IoStatus::kPeerGone);
}

TEST_CASE("What sockets share is sealed for each", "[net][tls]") {
  TlsStage first;
  TlsStage second;
  REQUIRE(first.shake_hands() == Handshake::kDone);
  REQUIRE(second.shake_hands() == Handshake::kDone);
  const std::string text = numbers(500);
  SharedRun run;
  for (TlsStage* stage : {&first, &second}) {
    run.share(text);
    CHECK(stage->socket->write_shared(run).bytes == text.size());
    stage->client.pump();
    CHECK(stage->client.received() == text);
  }
}

}  // namespace
}  // namespace sse::net
