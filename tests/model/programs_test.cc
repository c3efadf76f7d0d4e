// The model on the real programs: sse-serve with one to three threads over TCP, with small buffers
// on both sides, readers that pause, vanish and resume, a hub that is stopped, continued, killed
// and started again. SSE_SEED=N repeats the choices of a run, not its timing.

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/ask.h"
#include "model/choices.h"
#include "model/life.h"
#include "model/plan.h"
#include "model/poll.h"
#include "model/subscriber.h"
#include "model/transcript.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

namespace sse::model {
namespace {

using std::chrono::milliseconds;
using test::HubProgram;
using test::RawConnection;

constexpr std::size_t kReaders = 12;
constexpr std::size_t kSteps = 200;
constexpr int kSmallBuffer = 4096;

Time now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

Rules rules_of(Dice& dice) {
  Rules rules;
  rules.ttl = milliseconds(dice.one_in(2) ? 700 : 600'000);
  rules.max_events = dice.one_in(2) ? 0 : 50 + dice.below(300);
  rules.max_lag = 64U << 10U;
  rules.heartbeat = milliseconds(1000);
  rules.times_are_exact = false;
  return rules;
}

std::vector<std::string> flags_of(const Rules& rules, Dice& dice) {
  const auto ms = [](Time time) { return std::to_string(time.count() / 1'000'000) + "ms"; };
  std::vector<std::string> flags = {"--threads=" + std::to_string(1 + dice.below(3)),
                                    "--ttl=" + ms(rules.ttl),
                                    "--heartbeat=" + ms(rules.heartbeat),
                                    "--slow-after=0",
                                    "--max-lag=64k",
                                    "--send-buffer=8k"};
  if (rules.max_events > 0) flags.push_back("--max-log-events=" + std::to_string(rules.max_events));
  return flags;
}

/// What one connection received, to be judged when every event is known.
struct Connection {
  std::size_t life = 0;
  Ask ask;
  Window when;  // the request was handled
  Sequence head = 0;
  std::vector<std::pair<Time, std::string>> received;
  bool has_ended = false;
  Causes causes;
  Transcript transcript;  // for the position alone
};

class Reader {
 public:
  explicit Reader(Dice& dice) : dice_(dice) {}

  bool is_open() const { return socket_.has_value(); }

  /// From the start, or from where it was.
  void open(const HubProgram& hub, const std::deque<Life>& lives) {
    if (connections_.empty() || dice_.one_in(4)) {
      const auto wall = std::chrono::duration_cast<milliseconds>(
          std::chrono::system_clock::now().time_since_epoch());
      ask_ = choose_ask(dice_, lives, wall);
      if (ask_.position.kind == Position::Kind::kTime)
        ask_.position = {};  // it needs the very head
      last_id_.clear();
    }
    Connection& connection = connections_.emplace_back();
    connection.life = lives.size() - 1;
    connection.ask = ask_;
    if (!last_id_.empty()) {
      connection.ask.position = {};
      connection.ask.position.kind = Position::Kind::kAfter;
      connection.ask.position.id = last_id_;
    }
    connection.head = lives.back().head();
    connection.when = {now(), now() + std::chrono::hours(1)};
    connection.causes.was_limited = true;
    socket_.emplace(hub.port(), kSmallBuffer);
    socket_->send(connection.ask.request("/events/watch"));
  }

  /// Takes what has arrived, at most so many bytes. Whether that was more than heartbeats.
  bool read(std::size_t most) {
    if (!socket_) return false;
    std::string bytes(most, '\0');
    const auto got = ::recv(socket_->fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return false;
    Connection& connection = connections_.back();
    if (got <= 0) {
      connection.has_ended = true;
      socket_.reset();
      return true;
    }
    bytes.resize(static_cast<std::size_t>(got));
    connection.transcript.take(bytes, now());
    if (connection.transcript.has_head()) {
      connection.when.to = std::min(connection.when.to, now());
    }
    if (!connection.transcript.last_event_id().empty()) {
      last_id_ = connection.transcript.last_event_id();
    }
    connection.received.emplace_back(now(), std::move(bytes));
    if (connection.transcript.status() == 204) leave();
    const auto items = connection.transcript.take_items();
    return !connection.transcript.is_between_blocks() ||
           std::any_of(items.begin(), items.end(),
                       [](const Item& item) { return item.kind != Item::Kind::kComment; });
  }

  void leave() {
    if (!socket_) return;
    connections_.back().causes.vanished = true;
    socket_->reset();
    socket_.reset();
  }
  void finish() {
    if (!socket_ || connections_.back().causes.left) return;
    socket_->shutdown_write();
    connections_.back().causes.left = true;
  }

  std::deque<Connection>& connections() { return connections_; }

 private:
  Dice& dice_;
  Ask ask_;
  std::string last_id_;
  std::optional<RawConnection> socket_;
  std::deque<Connection> connections_;
};

class ProgramWorld {
 public:
  explicit ProgramWorld(std::uint64_t seed) : dice_(seed) {
    for (std::size_t i = 0; i < kReaders; ++i) readers_.emplace_back(dice_);
    start();
  }

  void run() {
    for (std::size_t i = 0; i < kSteps; ++i) step();
    // Those that are left get everything. Heartbeats come for ever, and on a busy machine more
    // often than a hundred looks.
    for (int quiet = 0; quiet < 100;) {
      quiet = read_all(1U << 16U) ? 0 : quiet + 1;
      if (quiet > 0) std::ignore = ::poll(nullptr, 0, 5);
    }
    judge();
  }

 private:
  void start() {
    const Rules rules = rules_of(dice_);
    hub_ = std::make_unique<HubProgram>(flags_of(rules, dice_));
    lives_.emplace_back(rules);
    const std::string body = test::request(hub_->port(), "GET", "/events").body;
    const auto at = body.find(R"("cursor":")");
    REQUIRE(at != std::string::npos);
    lives_.back().set_origin(body.substr(at + 10, 36));
  }

  void step() {
    Reader& reader = readers_[dice_.below(kReaders)];
    switch (dice_.below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return publish();
      case 4:
        return reader.finish();
      case 5:
        return reader.leave();
      case 6:
        hub_->program().signal(SIGSTOP);
        std::ignore = ::poll(nullptr, 0, static_cast<int>(dice_.below(20)));
        return hub_->program().signal(SIGCONT);
      case 7:
        if (dice_.one_in(12)) restart();
        return;
      case 8:
        std::ignore = ::poll(nullptr, 0, static_cast<int>(dice_.below(30)));
        return;
      case 9:
      case 10:
      case 11:
        if (!reader.is_open()) reader.open(*hub_, lives_);
        return;
      default:
        reader.read(1 + dice_.below(dice_.one_in(2) ? 100 : 30'000));
        return;
    }
  }

  void publish() {
    Step step;
    step.seed = dice_.next();
    auto made = make_publications(step, 1 + dice_.below(dice_.one_in(6) ? 200 : 6), published_);
    std::string body;
    for (auto& one : made) {
      one.topic_on_wire = true;
      body += json_of(one) + "\n";
    }
    const Time from = now();
    const auto answer = test::request(hub_->port(), "POST", "/events", body,
                                      "Content-Type: application/x-ndjson\r\n");
    REQUIRE(answer.status == 200);
    const auto ids = ids_in(answer.body);
    REQUIRE(ids.size() == made.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      REQUIRE(lives_.back().add(ids[i], made[i], {from, now()}) == "");
    }
    published_ += made.size();
  }

  void restart() {
    for (auto& reader : readers_) reader.leave();
    hub_->program().signal(SIGKILL);
    hub_->program().wait();
    start();
  }

  bool read_all(std::size_t most) {
    bool is_more = false;
    for (auto& reader : readers_) {
      if (reader.read(most)) is_more = true;
    }
    return is_more;
  }

  void judge() {
    for (auto& reader : readers_) {
      for (auto& connection : reader.connections()) {
        const Life& life = lives_[connection.life];
        using Expected = Subscriber::Expected;
        Subscriber subscriber;
        subscriber.begin(connection.ask);
        subscriber.connect(life, connection.ask, connection.when, connection.head,
                           connection.ask.is_done() ? Expected::kDone : Expected::kStream);
        if (subscriber.is_stream()) subscriber.judge().loosen();
        for (const auto& [at, bytes] : connection.received) subscriber.take(bytes, at);
        const bool is_last = &connection == &reader.connections().back();
        CAPTURE(connection.ask.request("/events/watch"), connection.head, life.head());
        CHECK(subscriber.fault() == "");
        if (reader.is_open() && is_last && subscriber.is_stream()) {
          subscriber.judge().must_have(life.head());
          CHECK(subscriber.judge().fault() == "");
        } else if (connection.has_ended) {
          connection.causes.now = now();
          subscriber.take_end(connection.causes);
          CHECK(subscriber.fault() == "");
        }
      }
    }
  }

  Dice dice_;
  std::unique_ptr<HubProgram> hub_;
  std::deque<Life> lives_;
  std::deque<Reader> readers_;
  std::uint64_t published_ = 0;
};

TEST_CASE("What readers of the real programs see agrees with the reference", "[model]") {
  const char* given = std::getenv("SSE_SEED");
  const std::uint64_t first = given == nullptr ? 1 : std::stoull(given);
  const std::uint64_t last = given == nullptr ? 3 : first;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    CAPTURE(seed);
    ProgramWorld(seed).run();
  }
}

}  // namespace
}  // namespace sse::model
