// History that is read back, from a Redis in this process that says what the test wants.

#include "sse/journal/redis_reader.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sse/log/chunk.h"

#include "support/catch.h"
#include "support/temporary_directory.h"

namespace sse::journal {
namespace {

using std::chrono::milliseconds;
using Words = std::vector<std::string>;

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string list(const Words& items) {
  std::string text = "*" + std::to_string(items.size()) + "\r\n";
  for (const std::string& item : items) text += item;
  return text;
}

/// Answers each request of one connection at a time with what `answer` says; empty: it hangs up.
class ScriptedRedis {
 public:
  using Answer = std::function<std::string(const Words&)>;

  explicit ScriptedRedis(Answer answer) : answer_(std::move(answer)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), at.sun_path);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedRedis() {
    is_over_ = true;
    thread_.join();
  }
  ScriptedRedis(const ScriptedRedis&) = delete;
  ScriptedRedis& operator=(const ScriptedRedis&) = delete;

  /// The requests of this name so far.
  std::vector<Words> heard(const std::string& name) {
    const std::lock_guard lock(mutex_);
    std::vector<Words> found;
    std::copy_if(heard_.begin(), heard_.end(), std::back_inserter(found),
                 [&](const Words& words) { return words[0] == name; });
    return found;
  }

 private:
  const test::TemporaryDirectory directory_;

 public:
  const std::string path = directory_.file("redis");

 private:
  bool is_ready(int fd) const {
    while (!is_over_) {
      pollfd one{fd, POLLIN, 0};
      if (::poll(&one, 1, 10) > 0) return true;
    }
    return false;
  }
  void run() {
    while (is_ready(listener_.get())) {
      const UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      serve(peer.get());
    }
  }
  void serve(int peer) {
    RedisDecoder decoder;
    std::string bytes(65'536, '\0');
    while (is_ready(peer)) {
      const ssize_t got = ::recv(peer, bytes.data(), bytes.size(), 0);
      if (got <= 0) return;
      decoder.feed({bytes.data(), static_cast<std::size_t>(got)});
      while (auto request = *decoder.next()) {
        Words words;
        for (const RedisReply& item : request->items) words.push_back(item.text);
        {
          const std::lock_guard lock(mutex_);
          heard_.push_back(words);
        }
        const std::string reply = words[0] == "INFO" ? bulk("run_id:abc\r\n") : answer_(words);
        if (reply.empty()) return;
        if (::send(peer, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) return;
      }
    }
  }

  const Answer answer_;
  UniqueFd listener_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::atomic<bool> is_over_ = false;
  std::mutex mutex_;
  std::vector<Words> heard_;
  std::thread thread_;
};

/// An entry of one event, as XRANGE gives it: made a millisecond after the one before it.
std::string entry(wire::Sequence last, wire::Epoch epoch = 7) {
  log::Append append(log::EventLimits{});
  append.add({"e", "t", "event " + std::to_string(last)});
  const log::Append* all[] = {&append};
  const RedisBatch batch = make_batch(all);
  const std::string id = std::to_string(1'000 + last) + "-" + std::to_string(last);
  return list({bulk(id), list({bulk("e"), bulk(std::to_string(epoch)), bulk("n"), bulk("1"),
                               bulk("b"), bulk(batch.chunks)})});
}

std::string entries(wire::Sequence first, wire::Sequence last) {
  Words all;
  for (auto i = first; i <= last; ++i) all.push_back(entry(i));
  return list(all);
}

wire::EventId id(wire::Sequence sequence) {
  return wire::EventId::make(milliseconds(1'000 + static_cast<std::int64_t>(sequence)), 7,
                             sequence);
}

struct ReaderStage {
  using Chunks = Result<std::vector<std::string>>;

  explicit ReaderStage(ScriptedRedis::Answer answer) : redis(std::move(answer)) {
    reader.set_parts({id(10)}, milliseconds(1'040));
    reader.begin_part(id(50));
    reader.note_events(milliseconds(1'060));
    use();
    REQUIRE(reader.start());
  }

  void use(const std::string& run_id = "abc", wire::Epoch epoch = 7) {
    RedisEngine engine;
    engine.address = {redis.path, 0};
    engine.run_id = run_id;
    reader.use(engine, {{epoch, 1, {}}});
  }
  Chunks read(wire::Sequence first, wire::Sequence last) {
    std::promise<Chunks> read;
    reader.read(first, last, [&](Chunks chunks) { read.set_value(std::move(chunks)); });
    return read.get_future().get();
  }
  ErrorCode failure(wire::Sequence first, wire::Sequence last) {
    const auto chunks = read(first, last);
    REQUIRE_FALSE(chunks);
    return chunks.error().code;
  }
  RedisReader::Options options() {
    RedisReader::Options options;
    options.log_key = "{sse}:log";
    options.largest_event = 10'000;
    options.patience = milliseconds(200);
    options.on_lost = [this](const wire::EventId& next) { lost = next; };
    return options;
  }

  std::optional<wire::EventId> lost;  // on the reader's thread, before a read has its answer
  ScriptedRedis redis;
  RedisReader reader{options()};
};

TEST_CASE("A read asks for a number of entries of one part, and goes on behind the last",
          "[cluster][history]") {
  ReaderStage stage([](const Words& words) {
    const bool is_first = words[2] == "1010-20";
    return is_first ? entries(12, 21) : entries(22, 30);  // what comes before it is passed over
  });
  const auto chunks = stage.read(20, 25);
  REQUIRE(chunks);
  REQUIRE(chunks->size() == 6);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto read = log::decode_chunk((*chunks)[i], KeyedHash());
    REQUIRE(read);
    CHECK(read->front().id == id(20 + i));
    CHECK(read->front().block.find("event " + std::to_string(20 + i)) != std::string::npos);
  }
  const auto asked = stage.redis.heard("XRANGE");
  REQUIRE(asked.size() == 2);
  CHECK(asked[0] == Words{"XRANGE", "{sse}:log", "1010-20", "1050", "COUNT", "2"});
  CHECK(asked[1][2] == "(1021-21");
  CHECK(std::stoul(asked[1][5]) <= 20);
  CHECK_FALSE(stage.lost);
}

TEST_CASE("The newest part is read up to the newest event that has come", "[cluster][history]") {
  ReaderStage stage([](const Words&) { return entries(59, 60); });
  REQUIRE(stage.read(59, 60));
  CHECK(stage.redis.heard("XRANGE")[0][3] == "1060");
}

TEST_CASE("A range of more than one part is not read: parts were told again since",
          "[cluster][history]") {
  ReaderStage stage([](const Words&) { return entries(20, 60); });
  CHECK(stage.failure(20, 50) == ErrorCode::kNotFound);
  CHECK(stage.redis.heard("XRANGE").empty());
  CHECK_FALSE(stage.lost);
  CHECK(stage.read(20, 49));
  stage.reader.set_parts({id(10), id(30)}, milliseconds(1'060));
  CHECK(stage.failure(20, 49) == ErrorCode::kNotFound);
  CHECK(stage.read(20, 29));
}

TEST_CASE("A connection that has ended while it was idle fails no read", "[cluster][history]") {
  std::atomic<int> asked = 0;
  ReaderStage stage([&](const Words&) { return ++asked == 2 ? "" : entries(20, 21); });
  CHECK(stage.read(20, 21));
  CHECK(stage.read(20, 21));
  CHECK(asked == 3);
}

TEST_CASE("A read does not go on over another engine, or in another order", "[cluster][history]") {
  ReaderStage* its = nullptr;
  std::atomic<bool> is_changed = false;
  ReaderStage stage([&](const Words&) {
    if (is_changed.exchange(true)) return entries(20, 25);
    its->use("abc", 8);  // of the same server
    its->use("abc", 7);
    return entries(20, 22);
  });
  its = &stage;
  CHECK(stage.failure(20, 25) == ErrorCode::kIo);
  CHECK(stage.redis.heard("XRANGE").size() == 1);
  CHECK(stage.read(20, 25));
}

TEST_CASE("What is before the first part is not there", "[cluster][history]") {
  ReaderStage stage([](const Words&) { return entries(1, 9); });
  CHECK(stage.failure(5, 9) == ErrorCode::kNotFound);
  stage.reader.forget_before(50);
  CHECK(stage.failure(20, 25) == ErrorCode::kNotFound);
  CHECK(stage.redis.heard("XRANGE").empty());
}

TEST_CASE("A hole is told with what comes behind it", "[cluster][history]") {
  SECTION("in the part") {
    ReaderStage stage([](const Words& words) {
      return words[2] == "-" ? entries(1, 1) : list({entry(20), entry(21), entry(24)});
    });
    CHECK(stage.failure(20, 25) == ErrorCode::kNotFound);
    CHECK(stage.lost == id(24));
  }
  SECTION("up to its end") {
    ReaderStage stage([](const Words& words) {
      if (words[2] == "-") return entries(55, 55);
      return words[3] == "+" ? entries(55, 60) : list({});
    });
    CHECK(stage.failure(20, 25) == ErrorCode::kNotFound);
    CHECK(stage.lost == id(55));
    // One entry says it, however large the next ones are.
    const auto asked = stage.redis.heard("XRANGE");
    REQUIRE(asked.size() == 3);
    CHECK(asked[1] == Words{"XRANGE", "{sse}:log", "1010-20", "+", "COUNT", "1"});
  }
  SECTION("at a damaged entry") {
    ReaderStage stage([](const Words& words) {
      if (words[2] == "-") return entries(1, 1);
      return list({entry(20), list({bulk("1021-21"), list({bulk("b"), bulk("x")})}), entry(22)});
    });
    CHECK(stage.failure(20, 25) == ErrorCode::kNotFound);
    CHECK(stage.lost == id(22));
  }
  SECTION("not at the end of the stream: the tail says what that is") {
    ReaderStage stage([](const Words&) { return list({}); });
    CHECK(stage.failure(20, 25) == ErrorCode::kNotFound);
    CHECK_FALSE(stage.lost);
  }
}

TEST_CASE("What is not an entry of events is passed over", "[cluster][history]") {
  ReaderStage stage([](const Words&) {
    return list({entry(20), list({bulk("1020-30"), list({bulk("a"), bulk("b")})}), entry(21)});
  });
  const auto chunks = stage.read(20, 21);
  REQUIRE(chunks);
  CHECK(chunks->size() == 2);
}

TEST_CASE("An entry of an epoch that is not known is not taken, until it is",
          "[cluster][history]") {
  ReaderStage stage([](const Words&) { return list({entry(20, 8)}); });
  CHECK(stage.failure(20, 20) == ErrorCode::kIo);
  stage.use("abc", 8);
  CHECK(stage.read(20, 20));
  CHECK_FALSE(stage.lost);
}

TEST_CASE("A read that cannot be made can be made again", "[cluster][history]") {
  std::atomic<int> asked = 0;
  SECTION("the engine hangs up, and then answers") {
    ReaderStage stage([&](const Words&) { return ++asked == 1 ? "" : entries(20, 21); });
    CHECK(stage.failure(20, 21) == ErrorCode::kIo);
    CHECK(stage.read(20, 21));
  }
  SECTION("it says that it cannot") {
    ReaderStage stage(
        [&](const Words&) { return ++asked == 1 ? "-LOADING wait\r\n" : entries(20, 21); });
    CHECK(stage.failure(20, 21) == ErrorCode::kIo);
    CHECK(stage.read(20, 21));
  }
  SECTION("it does not answer in time") {
    ReaderStage stage([&](const Words&) -> std::string {
      if (++asked == 1) return "+";  // and no more
      return entries(20, 21);
    });
    CHECK(stage.failure(20, 21) == ErrorCode::kIo);
    CHECK(stage.read(20, 21));
  }
  SECTION("another one is at its address") {
    ReaderStage stage([&](const Words&) { return entries(20, 21); });
    stage.use("other");
    CHECK(stage.failure(20, 21) == ErrorCode::kIo);
    stage.use();
    CHECK(stage.read(20, 21));
  }
  SECTION("it is lost") {
    ReaderStage stage([&](const Words&) { return entries(20, 21); });
    stage.reader.use_none();
    CHECK(stage.failure(20, 21) == ErrorCode::kIo);
    stage.use();
    CHECK(stage.read(20, 21));
  }
}

TEST_CASE("What an engine says of a hole that is not read any more does not count",
          "[cluster][history]") {
  ReaderStage* its = nullptr;
  ReaderStage stage([&](const Words& words) {
    if (words[2] != "-") return list({entry(20), entry(24)});
    its->reader.use_none();
    return entries(1, 1);
  });
  its = &stage;
  CHECK(stage.failure(20, 25) == ErrorCode::kIo);
  CHECK_FALSE(stage.lost);
}

TEST_CASE("Once stopped each read is refused", "[cluster][history]") {
  ReaderStage stage([](const Words&) { return std::string("+"); });  // it never ends its reply
  std::promise<ErrorCode> first;
  std::promise<ErrorCode> second;
  const auto refuse = [](std::promise<ErrorCode>& told) {
    return [&told](const ReaderStage::Chunks& chunks) { told.set_value(chunks.error().code); };
  };
  stage.reader.read(20, 21, refuse(first));
  stage.reader.read(20, 21, refuse(second));
  stage.reader.stop();
  CHECK(first.get_future().get() == ErrorCode::kUnavailable);
  CHECK(second.get_future().get() == ErrorCode::kUnavailable);
  CHECK(stage.failure(20, 21) == ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace sse::journal
