#include "model/memory_world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace sse::model {
namespace {

using std::chrono::milliseconds;

const std::vector<std::string> kLastTypes = {"done", "done", "d*", "metric_x", "*b", "none", "*"};

// How many turns the hub may take for what it does at once.
constexpr int kMostTurns = 1000;

constexpr std::size_t kPollers = 3;
constexpr milliseconds kStep{20};

// How late the hub may notice what time brings. A round of its upkeep takes a second at most, a
// stream's place in it moves when others come and go, and time passes in steps here.
constexpr Time kSlack = milliseconds(2600);

test::MemoryHub::Options options_of(const Plan& plan, wire::Epoch epoch) {
  const Rules& rules = plan.rules;
  test::MemoryHub::Options options;
  options.epoch = epoch;
  options.loops = plan.loops;
  options.log.retention = {rules.ttl, rules.max_bytes, rules.max_events};
  options.log.segment_size = plan.segment_size;
  options.hub.heartbeat = rules.heartbeat;
  options.hub.slow_after = rules.slow_after;
  options.hub.max_lag = rules.max_lag;
  options.hub.retry = rules.retry;
  options.hub.max_clients = rules.max_clients;
  options.hub.when_full = rules.rejects ? hub::WhenFull::kReject : hub::WhenFull::kEvictOldest;
  options.hub.max_per_peer = rules.max_per_peer;
  return options;
}

std::string json_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string json_of(const Publication& one) {
  std::string json = R"({"data":")" + json_text(one.data) + '"';
  if (!one.type.empty()) json += R"(,"type":")" + one.type + '"';
  if (!one.topic.empty()) json += R"(,"topic":")" + one.topic + '"';
  return json + '}';
}

/// The ids in the answer to a batch, in order.
std::vector<std::string> ids_in(std::string_view body) {
  constexpr std::string_view kId = R"({"id":")";
  constexpr std::size_t kIdSize = 36;
  std::vector<std::string> ids;
  for (auto at = body.find(kId); at != std::string_view::npos; at = body.find(kId, at + 1)) {
    ids.emplace_back(body.substr(at + kId.size(), kIdSize));
  }
  return ids;
}

}  // namespace

MemoryWorld::MemoryWorld(const Plan& plan) : plan_(plan), pollers_(kPollers) {
  for (std::size_t i = 0; i < plan.readers; ++i) {
    auto& reader = readers_.emplace_back();
    reader.index = i;
    reader.address = "192.0.2." + std::to_string(1 + i % plan.addresses);
  }
  start_hub();
}

MemoryWorld::~MemoryWorld() = default;

// The hub.

void MemoryWorld::start_hub() {
  constexpr wire::Epoch kFirstEpoch = 77;
  hub_ = std::make_unique<test::MemoryHub>(
      options_of(plan_, kFirstEpoch + static_cast<wire::Epoch>(lives_.size())));
  lives_.emplace_back(plan_.rules);
  seats_.emplace(plan_.rules);
  stood_still_ = now();
  // The cursor of a hub without events is the origin of its ids.
  const std::string body = answer_to("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  constexpr std::string_view kBefore = R"({"events":[],"cursor":")";
  if (!body.starts_with(kBefore)) return fail("a new hub says " + body, "the first poll");
  lives_.back().set_origin(body.substr(kBefore.size(), 36));
}

void MemoryWorld::stop_hub() {
  harvest_all();
  for (auto& reader : readers_) {
    reader.causes.vanished = true;
    if (std::exchange(reader.peer, nullptr) != nullptr) {
      reader.subscriber.take_end(reader.causes);
    }
  }
  for (auto& poller : pollers_) {
    poller.peer = nullptr;
    poller.asked.reset();
  }
  publisher_ = nullptr;
  hub_.reset();
}

void MemoryWorld::drain_hub() {
  constexpr milliseconds kLimit{10'000};
  turn_all();
  for (auto& reader : readers_) reader.causes.shut_down = true;
  for (auto& poller : pollers_) poller.asked.reset();  // one that waits is answered early
  bool is_drained = false;
  hub_->hub.drain(kLimit, [&] { is_drained = true; });
  for (Time passed{0}; !is_drained && passed < kLimit + kSlack; passed += kStep) pass(kStep);
  if (!is_drained) fail("the drain does not end", "the hub");
}

void MemoryWorld::turn(std::size_t index) {
  loop(index).turn();
  harvest_all();
}

void MemoryWorld::turn_all(int times) {
  for (; times > 0; --times) {
    for (std::size_t i = 0; i < plan_.loops; ++i) turn(i);
  }
}

void MemoryWorld::settle() {
  constexpr int kQuietTurns = 8;
  const auto progress = [&] {
    std::size_t sum = 0;
    for (const auto& peer : hub_->peers) {
      sum += peer.received_bytes() + (peer.saw_end() ? 1 : 0) + (peer.is_closed() ? 1 : 0);
    }
    return sum;
  };
  for (std::size_t before = 1, after = 0; before != after && fault_.empty();) {
    before = progress();
    turn_all(kQuietTurns);
    after = progress();
  }
}

void MemoryWorld::pass(milliseconds time) {
  for (; time.count() > 0 && fault_.empty(); time -= kStep) {
    hub_->clock.advance(std::min(kStep, time));
    turn_all();
    for (auto& reader : readers_) check_time(reader);
  }
}

// Publishers.

void MemoryWorld::publish(const Step& step) {
  const auto count = static_cast<std::size_t>(step.a);
  const auto made = make_publications(step, count, published_);
  std::vector<wire::Event> events;
  for (const auto& one : made) events.push_back({one.type, one.topic, one.data, one.topic_on_wire});
  const auto results = hub_->hub.publisher().publish_batch(events);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!results[i]) return fail("publishing: " + results[i].error().text, "a publisher");
    add(wire::to_string(*results[i]), made[i]);
  }
}

void MemoryWorld::post(const Step& step, std::size_t count) {
  auto made = make_publications(step, count, published_);
  const bool is_batch = step.kind == Step::Kind::kBatch;
  std::string body;
  for (std::size_t i = 0; i < made.size(); ++i) {
    made[i].topic_on_wire = true;
    body += json_of(made[i]);
    if (is_batch) body += '\n';
    // A bad one loses no good one.
    if (is_batch && (step.seed + i) % 17 == 0) body += "{\"type\":\"sse.mine\"}\n";
  }
  const std::string answer = answer_to(
      "POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
      (is_batch ? "\r\nContent-Type: application/x-ndjson" : "") + "\r\n\r\n" + body);
  const auto ids = ids_in(answer);
  if (ids.size() != made.size()) return fail("an answer: " + answer.substr(0, 200), "a publisher");
  for (std::size_t i = 0; i < ids.size(); ++i) add(ids[i], made[i]);
  harvest_all();
}

std::string MemoryWorld::answer_to(const std::string& request) {
  turn_all();  // a loop's time is that of its last turn, and an idle connection may end now
  if (publisher_ == nullptr || publisher_->saw_end()) {
    publisher_ = &hub_->connect();
    for (int i = 0; i < kMostTurns && !publisher_->is_attached(); ++i) turn_all();
  }
  // What readers get meanwhile is looked at when the ids are known.
  std::string received;
  publisher_->send(request);
  for (int i = 0; i < kMostTurns; ++i) {
    received += publisher_->take();
    if (auto body = whole_body(received)) return *body;
    for (std::size_t index = 0; index < plan_.loops; ++index) loop(index).turn();
  }
  return received;
}

void MemoryWorld::add(std::string_view id, const Publication& what) {
  ++published_;
  const std::string fault = lives_.back().add(id, what, at_once());
  if (!fault.empty()) fail(fault, "a publisher");
}

// Readers.

Position MemoryWorld::choose_position(Dice& dice) const {
  const Life& life = lives_.back();
  Position position;
  switch (dice.below(10)) {
    case 0:
    case 1:
      return position;
    case 2:
    case 3:
      position.kind = Position::Kind::kEarliest;
      return position;
    case 4:
    case 5:
      position.kind = Position::Kind::kLast;
      position.events = dice.below(life.head() + 10);
      return position;
    case 6:
      position.kind = Position::Kind::kTime;
      position.time = std::chrono::duration_cast<milliseconds>(
          hub_->clock.now().wall.time_since_epoch() - milliseconds(dice.below(5000)));
      return position;
    default:
      break;
  }
  position.kind = Position::Kind::kAfter;
  const Life& of = dice.one_in(6) ? lives_.front() : life;
  position.id = of.id_of(dice.below(of.head() + 1));
  // A digit of the epoch or of the time: no id that a hub gave out.
  const bool is_origin = position.id == of.origin();
  if (dice.one_in(10) && !is_origin) position.id[dice.one_in(2) ? 16 : 5] = 'f';
  return position;
}

void MemoryWorld::choose_features(Ask& ask, Dice& dice) const {
  if (dice.one_in(4)) {
    ask.each = true;
    if (ask.position.kind != Position::Kind::kAfter) ask.position = {};
  }
  if (dice.one_in(4)) ask.until = dice.one_of(kLastTypes);
  if (!ask.events_only && dice.one_in(4)) {
    ask.every = milliseconds(10 + dice.below(dice.one_in(2) ? 100 : 2000));
  }
}

Ask MemoryWorld::choose_ask(Dice& dice) const {
  Ask ask;
  ask.filter = make_filter(dice);
  ask.events_only = dice.one_in(6);
  ask.id_in_header = dice.one_in(2);
  ask.form = dice.one_in(5) ? RequestForm::kHttp10 : RequestForm::kHttp11;
  ask.position = choose_position(dice);
  choose_features(ask, dice);
  return ask;
}

void MemoryWorld::open(Reader& reader, const Step& step) {
  if (reader.peer != nullptr) return;
  Dice dice(step.seed);
  const Ask ask = choose_ask(dice);
  reader.subscriber.begin(ask);
  connect(reader, ask, step);
}

void MemoryWorld::resume(Reader& reader, const Step& step) {
  if (reader.peer != nullptr || !reader.subscriber.has_begun()) return;
  connect(reader, reader.subscriber.resuming(), step);
}

// The turns before it let the hub notice every end, so that the seats are known when it asks.
void MemoryWorld::connect(Reader& reader, const Ask& ask, const Step& step) {
  test::Peer& peer = hub_->peers.emplace_back();
  peer.set_address(reader.address);
  hub_->parts.server().deal(std::make_unique<test::MemorySocket>(peer), http::Entrance::kMain);
  turn_all();
  for (int i = 0; i < kMostTurns && !peer.is_attached(); ++i) turn_all();
  if (!fault_.empty()) return;
  using Expected = Subscriber::Expected;
  Expected expected = Expected::kStream;
  if (seats_->admit(reader.address) != Seats::Admission::kPlace) expected = Expected::kRefusal;
  if (ask.is_done()) expected = Expected::kDone;
  reader.peer = &peer;
  reader.causes = {};
  reader.is_limited = false;
  reader.room.reset();
  reader.moved = now();
  reader.stream = ++streams_;
  Dice dice(step.seed + 1);
  if (plan_.limits_sockets && dice.one_in(5)) limit(reader, dice.below(700));
  reader.subscriber.connect(lives_.back(), ask, at_once(), lives_.back().head(), expected);
  if (expected == Expected::kStream) {
    if (const auto victim = seats_->open(reader.stream, reader.address)) {
      for (auto& other : readers_) {
        if (other.peer != nullptr && other.stream == *victim) other.causes.evicted = true;
      }
    }
  }
  reader.asked = ask.request("/events/watch");
  peer.send(reader.asked);
  reader.asked.resize(reader.asked.find("\r\n"));
  harvest_all();
}

void MemoryWorld::limit(Reader& reader, std::size_t room) {
  reader.room = room;
  if (!reader.is_limited) reader.moved = now();
  reader.is_limited = reader.causes.was_limited = true;
  reader.peer->set_room(room);
}

void MemoryWorld::free(Reader& reader) {
  reader.room.reset();
  reader.is_limited = false;
  reader.moved = now();
  reader.peer->set_write_limit(test::kUnlimited);
  reader.peer->set_room(test::kUnlimited);
}

void MemoryWorld::harvest(Reader& reader) {
  if (reader.peer == nullptr || !fault_.empty()) return;
  const std::string bytes = reader.peer->take();
  reader.causes.stuck = reader.is_limited ? now() - reader.moved : Time(0);
  reader.causes.now = now();
  if (plan_.traces && !bytes.empty()) trace(name_of(reader), bytes);
  if (!bytes.empty()) {
    reader.moved = now();
    if (reader.room) *reader.room -= bytes.size();
    reader.subscriber.take(bytes, now());
  }
  if (reader.subscriber.is_answered()) reader.peer->finish();
  if (reader.peer->saw_end() || reader.peer->is_closed()) {
    test::Peer* const peer = std::exchange(reader.peer, nullptr);
    reader.subscriber.take_end(reader.causes);
    seats_->close(reader.stream);
    if (!peer->is_closed() && reader.stream % 4 != 0) peer->finish();
  }
  if (!reader.subscriber.fault().empty()) {
    fail(reader.subscriber.fault(), name_of(reader));
  }
}

// Pollers.

void MemoryWorld::poll(Poller& poller, const Step& step) {
  turn_all();
  if (poller.asked) return;
  if (poller.peer == nullptr || poller.peer->saw_end()) {
    poller.peer = &hub_->connect();
    for (int i = 0; i < kMostTurns && !poller.peer->is_attached(); ++i) turn_all();
  }
  Dice dice(step.seed);
  PollAsk asked;
  asked.ask = choose_ask(dice);
  asked.ask.form = RequestForm::kHttp11;
  asked.ask.events_only = false;
  asked.ask.every = Time(0);
  if (!poller.cursor.empty() && dice.one_in(2)) {
    asked.ask.position = {};
    asked.ask.position.kind = Position::Kind::kAfter;
    asked.ask.position.id = poller.cursor;
  }
  asked.limit = dice.one_in(2) ? 1 + dice.below(10) : 1000;
  if (dice.one_in(2)) asked.wait = milliseconds(dice.below(4000));
  poller.when = now();
  poller.head = lives_.back().head();
  poller.received.clear();
  poller.asked = asked;
  poller.peer->set_write_limit(plan_.limits_sockets && dice.one_in(3) ? 1 + dice.below(900)
                                                                      : test::kUnlimited);
  ++polls_;
  poller.peer->send(asked.request());
  harvest_all();
}

void MemoryWorld::harvest(Poller& poller) {
  if (!poller.asked || poller.peer == nullptr || !fault_.empty()) return;
  poller.received += poller.peer->take();
  const auto body = whole_body(poller.received);
  if (!body) {
    // A peer that took nothing for long is cut.
    if (poller.peer->saw_end()) poller.asked.reset();
    return;
  }
  const PollAsk asked = *std::exchange(poller.asked, std::nullopt);
  if (!poller.received.starts_with("HTTP/1.1 200 ")) {
    return fail("an answer: " + poller.received.substr(0, 300), "a poller");
  }
  const Handling handling{{poller.when, now()}, poller.head, lives_.back().head()};
  const PollVerdict verdict = judge_poll(lives_.back(), asked, handling, *body);
  poller.cursor = verdict.cursor;
  if (!verdict.fault.empty()) fail(verdict.fault, "a poller that asked " + asked.request());
  // With since=each an expiry ends a wait, and no gap is told.
  const bool may_be_early = asked.ask.each && handling.newest > handling.head;
  const bool is_empty =
      !may_be_early && body->starts_with(R"({"events":[],)") && body->ends_with("null}");
  if (is_empty && asked.wait.count() > 0 && now() - poller.when < asked.wait) {
    fail("an answer without events came too early", "a poller that asked " + asked.request());
  }
}

// What must hold between steps.

void MemoryWorld::harvest_all() {
  for (auto& reader : readers_) harvest(reader);
  for (auto& poller : pollers_) harvest(poller);
}

void MemoryWorld::check_rest() {
  std::size_t open = 0;
  for (auto& reader : readers_) {
    if (reader.peer == nullptr || !fault_.empty()) continue;
    const std::string who = name_of(reader);
    const bool is_stream = reader.subscriber.is_stream();
    if (is_stream && !reader.causes.evicted) ++open;
    if (reader.room) continue;
    if (!is_stream) return fail("it was answered, and is not closed", who);
    if (reader.causes.evicted) return fail("it was evicted, and is not closed", who);
    if (reader.causes.left) return fail("it sent FIN, and is not closed", who);
    reader.subscriber.judge().must_have(owed_to(reader));
    if (!reader.subscriber.judge().fault().empty()) {
      return fail(reader.subscriber.judge().fault(), who);
    }
  }
  if (hub_->hub.stream_count() != open) {
    fail("the hub counts " + std::to_string(hub_->hub.stream_count()) + " streams, and there are " +
             std::to_string(open),
         "the hub");
  }
  for (const auto& poller : pollers_) {
    if (!poller.asked || !fault_.empty()) continue;
    const auto& ask = poller.asked->ask;
    const Life& life = lives_.back();
    const Sequence seen = poller.head;
    const bool has_event = life.next_wanted(ask.passing(), seen + 1, life.head()) <= life.head();
    if (has_event) fail("a poll has something to answer, and waits", poller.asked->request());
  }
}

// With every= what is younger than the interval may be held back.
Sequence MemoryWorld::owed_to(Reader& reader) const {
  const Life& life = lives_.back();
  const Time every = reader.subscriber.judge().every();
  Sequence head = life.head();
  while (every.count() > 0 && head > 0 && life.at(head).appended.to + every > now()) --head;
  return head;
}

void MemoryWorld::check_time(Reader& reader) {
  if (reader.peer == nullptr || !reader.subscriber.is_stream() || !fault_.empty()) return;
  auto& judge = reader.subscriber.judge();
  const Time since = std::max(reader.moved, stood_still_);
  if (!reader.is_limited) {
    judge.must_not_be_silent(since, now(), kSlack);
    if (!judge.fault().empty()) fail(judge.fault(), name_of(reader));
    return;
  }
  const Life& life = lives_.back();
  const Time slow_after = life.rules().slow_after;
  const Sequence next = life.next_wanted(judge.filter(), judge.passed() + 1, life.head());
  if (judge.is_conflated() || slow_after.count() == 0 || reader.room != 0U || next > life.head())
    return;
  const Time blocked = std::max(since, life.at(next).appended.to);
  if (now() - blocked > slow_after + kSlack) {
    fail("its socket has taken nothing for long, and it is not closed", name_of(reader));
  }
}

void MemoryWorld::trace(const std::string& who, const std::string& bytes) const {
  std::printf("%s, at %lld ms: %s\n", who.c_str(),
              static_cast<long long>(now().count() / 1'000'000), bytes.c_str());
}

std::string MemoryWorld::name_of(const Reader& reader) {
  return "reader " + std::to_string(reader.index) + " (" + reader.asked + ")";
}

void MemoryWorld::fail(const std::string& what, const std::string& who) {
  if (fault_.empty()) fault_ = who + ": " + what;
}

void MemoryWorld::act(const Step& step) {
  Reader& one = reader(step.who);
  switch (step.kind) {
    case Step::Kind::kPublish:
      return publish(step);
    case Step::Kind::kPost:
      return post(step, 1);
    case Step::Kind::kBatch:
      return post(step, static_cast<std::size_t>(step.a));
    case Step::Kind::kOpen:
      return open(one, step);
    case Step::Kind::kResume:
      return resume(one, step);
    case Step::Kind::kFinish:
      if (one.peer == nullptr) return;
      one.causes.left = true;
      one.causes.left_at = lives_.back().head();
      one.peer->finish();
      return harvest_all();
    case Step::Kind::kReset:
      if (one.peer == nullptr) return;
      one.causes.vanished = true;
      one.peer->reset();
      return harvest_all();
    case Step::Kind::kRoom:
      if (one.peer != nullptr) limit(one, static_cast<std::size_t>(step.a));
      return harvest_all();
    case Step::Kind::kFree:
      if (one.peer != nullptr) free(one);
      return harvest_all();
    case Step::Kind::kShortWrites:
      if (one.peer == nullptr) return;
      if (!one.is_limited) one.moved = now();
      one.is_limited = one.causes.was_limited = true;
      return one.peer->set_write_limit(static_cast<std::size_t>(step.a));
    case Step::Kind::kPoll:
      return poll(pollers_[step.who % pollers_.size()], step);
    case Step::Kind::kTurn:
      for (std::uint64_t i = 0; i < step.a; ++i) turn(step.who % plan_.loops);
      return;
    case Step::Kind::kPass:
      return pass(milliseconds(step.a));
    case Step::Kind::kSleep:
      hub_->clock.advance(milliseconds(step.a));
      stood_still_ = now();
      return;
    case Step::Kind::kSetClock: {
      const milliseconds by(step.a);
      return hub_->clock.jump_wall(step.seed % 2 == 0 ? by : -by);
    }
    case Step::Kind::kSettle:
      settle();
      return check_rest();
    case Step::Kind::kDrainAndRestart:
      drain_hub();
      stop_hub();
      return start_hub();
    case Step::Kind::kKillAndRestart:
      stop_hub();
      return start_hub();
  }
}

void MemoryWorld::finish() {
  for (auto& reader : readers_) {
    if (reader.peer != nullptr) free(reader);
  }
  for (auto& poller : pollers_) {
    if (poller.peer != nullptr) poller.peer->set_write_limit(test::kUnlimited);
  }
  settle();
  if (fault_.empty()) check_rest();
  pass(milliseconds(7000));
  if (fault_.empty()) check_rest();
}

}  // namespace sse::model
