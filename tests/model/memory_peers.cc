// The readers and pollers of a MemoryWorld, and what must hold of them.

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <utility>

#include "model/choices.h"
#include "model/memory_world.h"

namespace sse::model {
namespace {

using std::chrono::milliseconds;

}  // namespace

// Readers.

void MemoryWorld::open(Reader& reader, const Step& step) {
  if (reader.peer != nullptr) return;
  Dice dice(step.seed);
  const Ask ask = choose_ask(dice, lives_, wall());
  reader.subscriber.begin(ask);
  connect(reader, ask, step);
}

void MemoryWorld::resume(Reader& reader, const Step& step) {
  if (reader.peer != nullptr || !reader.subscriber.has_begun()) return;
  connect(reader, reader.subscriber.resuming(), step);
}

// The turns before it let the hub notice every end, so that the seats are known when it asks.
void MemoryWorld::connect(Reader& reader, const Ask& ask, const Step& step) {
  test::Peer& peer = connect(reader.address);
  if (!fault_.empty()) return;
  using Expected = Subscriber::Expected;
  Expected expected = Expected::kStream;
  if (seats_->admit(reader.address) != Seats::Admission::kPlace) expected = Expected::kRefusal;
  if (ask.is_done()) expected = Expected::kDone;
  reader.peer = &peer;
  reader.causes = {};
  reader.is_limited = reader.writes_short = false;
  reader.room.reset();
  reader.moved = now();
  reader.stream = ++streams_;
  Dice dice(step.seed + 1);
  if (plan_.limits_sockets && dice.one_in(5)) {
    limit(reader, dice.below(700));
  } else if (plan_.limits_sockets && dice.one_in(8)) {
    stop_at_block(reader, 1 + dice.below(8), dice.next());
  }
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
  reader.peer->stop_after_blocks(0);
  reader.peer->set_room(room);
}

// Wherever a block ends, also between two events of a chunk, and whatever else the stream is sent.
void MemoryWorld::stop_at_block(Reader& reader, std::uint64_t blocks, std::uint64_t seed) {
  limit(reader, test::kUnlimited);
  reader.writes_short = true;
  reader.peer->stop_after_blocks(
      blocks, seed % 3 == 0 ? test::Peer::Then::kQuietRoom : test::Peer::Then::kNoRoom);
}

// Its socket takes some events of a burst, whole, and then nothing: inside a chunk, between events.
void MemoryWorld::stop_at_event(Reader& reader, const Step& step) {
  if (reader.peer == nullptr || !reader.subscriber.is_stream() || reader.is_limited) return;
  settle();
  if (reader.peer == nullptr || !fault_.empty()) return;
  const Filter filter = reader.subscriber.judge().filter();
  const Sequence before = lives_.back().head();
  publish(step);
  const Life& life = lives_.back();
  std::size_t bytes = 0;
  std::size_t some = 0;
  for (Sequence at = life.next_wanted(filter, before + 1, life.head()); at <= life.head();
       at = life.next_wanted(filter, at + 1, life.head())) {
    bytes += life.at(at).block.size();
    if (at <= before + step.a / 2) some = bytes;
  }
  std::ostringstream header;
  header << std::hex << bytes << "\r\n";
  limit(reader, header.str().size() + some);
  turn_all();
  if (reader.peer == nullptr || step.seed % 3 != 0) return;
  // There is room again, and the hub has not heard of it: it may still say why it closes.
  reader.room = test::kUnlimited;
  reader.peer->set_room_quietly(test::kUnlimited);
}

void MemoryWorld::free(Reader& reader) {
  reader.room.reset();
  reader.is_limited = reader.writes_short = false;
  reader.moved = now();
  reader.peer->stop_after_blocks(0);
  reader.peer->set_write_limit(test::kUnlimited);
  reader.peer->set_room(test::kUnlimited);
}

void MemoryWorld::harvest(Reader& reader) {
  if (reader.peer == nullptr || !fault_.empty()) return;
  const std::string bytes = reader.peer->take();
  reader.causes.stuck = reader.is_limited ? now() - reader.moved : Time(0);
  reader.causes.now = now();
  if (plan_.traces && !bytes.empty()) trace(name_of(reader), bytes);
  const bool leaves = reader.causes.left || reader.causes.shut_down || reader.causes.was_limited;
  if (leaves && reader.subscriber.is_connected()) reader.subscriber.judge().loosen();
  if (!bytes.empty()) {
    reader.moved = now();
    if (reader.room) *reader.room -= bytes.size();
    if (reader.peer->has_no_room()) reader.room = 0;
    reader.subscriber.take(bytes, now());
  }
  constexpr std::size_t kEnough = 1U << 20U;
  reader.causes.takes_all = !reader.writes_short && reader.room.value_or(kEnough) >= kEnough;
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
  if (poller.peer == nullptr || poller.peer->saw_end()) poller.peer = &connect("unix");
  Dice dice(step.seed);
  PollAsk asked;
  asked.ask = choose_ask(dice, lives_, wall());
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
  // What was found may have expired before it was written: then no gap is told with since=each and
  // since=earliest. One that has read from the disk does not wait.
  const Life& life = lives_.back();
  const bool is_of_disk = plan_.rules.part_events > 0 && life.may_be_archived(1);
  const bool has_expired = life.tail(handling.head, handling.when).least <
                           life.tail(handling.newest, handling.when).most;
  const bool is_earliest = asked.ask.position.kind == Position::Kind::kEarliest;
  const bool may_be_early = is_of_disk || (has_expired && (asked.ask.each || is_earliest));
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
    // A long search takes turns in which nothing comes.
    for (int i = 0; has_event && poller.asked && i < kMostTurns; ++i) turn_all();
    if (has_event && poller.asked && fault_.empty())
      fail("a poll has something to answer, and waits", poller.asked->request());
  }
}

// With every= what the loops have not known for an interval may be held back.
Sequence MemoryWorld::owed_to(Reader& reader) const {
  const Life& life = lives_.back();
  const Time every = reader.subscriber.judge().every();
  Sequence head = life.head();
  if (every.count() == 0) return head;
  while (head > 0 && std::max(life.at(head).appended.to, stood_still_) + every > now()) --head;
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
  if (disk_hangs_) return;
  const Life& life = lives_.back();
  const Rules& rules = life.rules();
  const Sequence next = life.next_wanted(judge.filter(), judge.passed() + 1, life.head());
  if (judge.is_conflated() || reader.room != 0U || next > life.head()) return;
  const Time blocked = now() - std::max(since, life.at(next).appended.to);
  if (rules.slow_after.count() > 0 && blocked > rules.slow_after + kSlack) {
    fail("its socket has taken nothing for long, and it is not closed", name_of(reader));
  }
  const Time quiet = now() - std::max(since, life.at(life.head()).appended.to);
  if (judge.was_caught_up() && life.bytes_behind(next) > rules.max_lag && quiet > kSlack) {
    fail("it is far behind, and it is not closed", name_of(reader));
  }
}

// The answer has begun when the wait is over.
void MemoryWorld::check_time(const Poller& poller) {
  if (!poller.asked || !poller.received.empty() || disk_hangs_ || !fault_.empty()) return;
  if (now() - std::max(poller.when + poller.asked->wait, stood_still_) > kSlack) {
    fail("a poll is not answered when its time is over", poller.asked->request());
  }
}

void MemoryWorld::trace(const std::string& who, const std::string& bytes) const {
  std::printf("%s, at %lld ms: %s\n", who.c_str(),
              static_cast<long long>(now().count() / 1'000'000), bytes.c_str());
}

std::string MemoryWorld::name_of(const Reader& reader) {
  return "reader " + std::to_string(reader.index) + " (" + reader.asked + ")";
}

}  // namespace sse::model
