#pragma once

/// \file
/// A hub in memory with the readers, pollers and publishers of a plan.

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/life.h"
#include "model/plan.h"
#include "model/poll.h"
#include "model/seats.h"
#include "model/subscriber.h"
#include "support/keeping_journal.h"
#include "support/memory_hub.h"

namespace sse::model {

/// Loop-affine: everything happens in the calls.
class MemoryWorld {
 public:
  explicit MemoryWorld(const Plan& plan);
  ~MemoryWorld();

  void act(const Step& step);
  /// Frees every socket, and lets everything come to rest.
  void finish();

  const std::string& fault() const { return fault_; }
  std::size_t events() const { return published_; }
  std::size_t streams() const { return streams_; }
  std::size_t polls() const { return polls_; }

 private:
  struct Reader {
    std::size_t index = 0;
    Subscriber subscriber;
    std::string address;
    std::string asked;  // the request line
    test::Peer* peer = nullptr;
    std::uint64_t stream = 0;  // its number in the seats
    Causes causes;
    bool is_limited = false;          // now
    bool writes_short = false;        // its socket takes little at once, or stops somewhere
    std::optional<std::size_t> room;  // what its socket takes yet; none: everything
    Time moved{0};                    // when a byte came last, or its socket was changed
  };
  struct Poller {
    test::Peer* peer = nullptr;
    std::optional<PollAsk> asked;  // and not answered
    std::string received;
    Time when{0};
    Sequence head = 0;
    std::string cursor;
  };

  // The hub.
  // How many turns the hub may take for what it does at once.
  static constexpr int kMostTurns = 1000;
  // How late the hub may notice what time brings. A round of its upkeep takes a second at most, a
  // stream's place in it moves when others come and go, and time passes in steps here.
  static constexpr Time kSlack = std::chrono::milliseconds(2600);

  void start_hub();
  void stop_hub();
  void drain_hub();
  net::Loop& loop(std::size_t index) { return (*hub_->loops)[index]; }
  test::Peer& connect(const std::string& address);
  void turn(std::size_t index);
  void turn_all(int times = 1);
  void settle();
  void pass(std::chrono::milliseconds time);
  Time now() const { return hub_->clock.now().boot.time_since_epoch(); }
  std::chrono::milliseconds wall() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        hub_->clock.now().wall.time_since_epoch());
  }
  Window at_once() const { return {now(), now()}; }

  // Publishers.
  void publish(const Step& step);
  void post(const Step& step, std::size_t count);
  std::string answer_to(const std::string& request);
  void add(std::string_view id, const Publication& what);

  // The disk of a journal that keeps more than is in memory.
  void forget(const Step& step);
  void let_disk_answer();
  void await_reads();

  // Readers.
  Reader& reader(std::uint64_t who) { return readers_[who % readers_.size()]; }
  void open(Reader& reader, const Step& step);
  void resume(Reader& reader, const Step& step);
  void connect(Reader& reader, const Ask& ask, const Step& step);
  void limit(Reader& reader, std::size_t room);
  void stop_at_event(Reader& reader, const Step& step);
  void stop_at_block(Reader& reader, std::uint64_t blocks, std::uint64_t seed);
  void free(Reader& reader);
  void harvest(Reader& reader);

  // Pollers.
  void poll(Poller& poller, const Step& step);
  void harvest(Poller& poller);

  void harvest_all();
  void check_rest();
  Sequence owed_to(Reader& reader) const;
  void check_time(Reader& reader);
  void check_time(const Poller& poller);
  void trace(const std::string& who, const std::string& bytes) const;
  static std::string name_of(const Reader& reader);
  void fail(const std::string& what, const std::string& who);

  const Plan plan_;
  std::unique_ptr<test::MemoryHub> hub_;
  std::deque<Life> lives_;  // the last one is the hub's
  std::optional<Seats> seats_;
  std::deque<Reader> readers_;
  std::vector<Poller> pollers_;
  test::Peer* publisher_ = nullptr;
  test::KeepingJournal* disk_ = nullptr;  // of the hub; null: its history is in memory
  bool disk_hangs_ = false;
  Time stood_still_{0};  // until then the loops did not turn, though time passed
  std::uint64_t published_ = 0;
  std::uint64_t streams_ = 0;
  std::uint64_t polls_ = 0;
  std::string fault_;
};

}  // namespace sse::model
