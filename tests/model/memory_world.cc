#include "model/memory_world.h"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include "sse/log/archive.h"

namespace sse::model {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPollers = 3;
constexpr milliseconds kStep{20};

test::MemoryHub::Options options_of(const Plan& plan, wire::Epoch epoch) {
  const Rules& rules = plan.rules;
  test::MemoryHub::Options options;
  options.epoch = epoch;
  options.loops = plan.loops;
  if (plan.steps_per_part > 0) options.steps_per_part = plan.steps_per_part;
  options.log.retention = {rules.ttl, rules.max_bytes, rules.max_events};
  options.log.segment_size = rules.segment_size;
  options.hub.heartbeat = rules.heartbeat;
  options.hub.slow_after = rules.slow_after;
  options.hub.max_lag = rules.max_lag;
  options.hub.retry = rules.retry;
  options.hub.max_clients = rules.max_clients;
  options.hub.when_full = rules.rejects ? hub::WhenFull::kReject : hub::WhenFull::kEvictOldest;
  options.hub.max_per_peer = rules.max_per_peer;
  if (rules.part_events > 0) {
    options.make_journal = [events = rules.part_events](const auto& of_journal,
                                                        const Clock& clock) {
      return std::make_unique<test::KeepingJournal>(of_journal, clock, events);
    };
  }
  return options;
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
  disk_ = plan_.rules.part_events > 0 ? &static_cast<test::KeepingJournal&>(hub_->hub.journal())
                                      : nullptr;
  disk_hangs_ = false;
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
  disk_ = nullptr;
  hub_.reset();
}

void MemoryWorld::drain_hub() {
  const Time limit = plan_.rules.drain_limit;
  turn_all();
  for (auto& reader : readers_) reader.causes.shut_down = true;
  for (auto& poller : pollers_) poller.asked.reset();  // one that waits is answered early
  bool is_drained = false;
  hub_->hub.drain(limit, [&] { is_drained = true; });
  pass(std::chrono::duration_cast<milliseconds>(kSlack));
  for (const auto& reader : readers_) {
    const bool is_free = reader.peer != nullptr && !reader.is_limited;
    if (is_free) fail("the drain does not end it", name_of(reader));
  }
  for (Time passed{0}; !is_drained && passed < limit; passed += kStep) pass(kStep);
  if (!is_drained) fail("the drain does not end", "the hub");
}

// A loop that has much to do adopts a socket late.
test::Peer& MemoryWorld::connect(const std::string& address) {
  turn_all();  // a loop's time is that of its last turn
  test::Peer& peer = hub_->peers.emplace_back();
  peer.set_address(address);
  hub_->parts.server().deal(std::make_unique<test::MemorySocket>(peer), http::Entrance::kMain);
  turn_all();
  for (int i = 0; i < kMostTurns && !peer.is_attached(); ++i) turn_all();
  return peer;
}

void MemoryWorld::turn(std::size_t index) {
  await_reads();
  loop(index).turn();
  harvest_all();
}

// A hub whose turns may do little takes more of them in the same time.
void MemoryWorld::turn_all(int times) {
  constexpr int kShortTurns = 16;
  if (plan_.steps_per_part > 0) times *= kShortTurns;
  for (; times > 0; --times) {
    for (std::size_t i = 0; i < plan_.loops; ++i) turn(i);
  }
}

void MemoryWorld::settle() {
  constexpr int kQuietTurns = 64;  // a search through a deep log sends nothing for so many
  let_disk_answer();
  const auto progress = [&] {
    std::size_t sum = 0;
    for (const auto& peer : hub_->peers) {
      sum += peer.received_bytes() + (peer.saw_end() ? 1 : 0) + (peer.is_closed() ? 1 : 0);
    }
    return sum;
  };
  std::uint64_t reads = 0;
  for (std::size_t before = 1, after = 0; before != after && fault_.empty();) {
    before = progress() + reads;
    turn_all(kQuietTurns);
    // A filter may want nothing of a part, so looking one up counts as progress, too.
    if (const auto* archive = hub_->hub.archive()) {
      reads = archive->counts().hits + archive->counts().misses;
    }
    after = progress() + reads;
  }
}

void MemoryWorld::pass(milliseconds time) {
  for (; time.count() > 0 && fault_.empty(); time -= kStep) {
    hub_->clock.advance(std::min(kStep, time));
    turn_all();
    for (auto& reader : readers_) check_time(reader);
    for (const auto& poller : pollers_) check_time(poller);
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
  if (publisher_ == nullptr || publisher_->saw_end()) publisher_ = &connect("unix");
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

void MemoryWorld::forget(const Step& step) {
  Life& life = lives_.back();
  if (disk_ == nullptr || life.head() == 0) return;
  const Sequence first = life.head() * step.a / 1000 + 1;
  if (first <= disk_->oldest()) return;
  disk_->drop_before(first);
  life.move_tail(disk_->oldest(), now());
}

void MemoryWorld::let_disk_answer() {
  if (!std::exchange(disk_hangs_, false)) return;
  disk_->let_go();
  stood_still_ = now();  // streams are slow only once they have something to take
}

// Another thread makes the parts: what it does is waited for, so that a seed does the same again.
void MemoryWorld::await_reads() {
  if (disk_ == nullptr) return;
  const log::Archive& archive = *hub_->hub.archive();
  constexpr std::size_t kMostReads = log::Archive::Options::kMostOnTheirWay - 1;  // at once
  const auto is_at_work = [&] {
    const std::size_t reads = disk_->held();
    return reads < kMostReads && archive.counts().waiting_loads > reads;
  };
  while (is_at_work()) std::this_thread::yield();
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
    case Step::Kind::kStopAtEvent:
      return stop_at_event(one, step);
    case Step::Kind::kStopAtBlock:
      if (one.peer != nullptr) stop_at_block(one, step.a, step.seed);
      return harvest_all();
    case Step::Kind::kFree:
      if (one.peer != nullptr) free(one);
      return harvest_all();
    case Step::Kind::kShortWrites:
      if (one.peer == nullptr) return;
      if (!one.is_limited) one.moved = now();
      one.is_limited = one.causes.was_limited = one.writes_short = true;
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
    case Step::Kind::kForget:
      return forget(step);
    case Step::Kind::kDisk:
      if (disk_hangs_) return let_disk_answer();
      if (disk_ != nullptr) disk_->hold(disk_hangs_ = true);
      return;
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
