#pragma once

/// \file
/// The order of a hub that shares it with others, over one stream of Redis.
///
///     append()     any thread: into the queue                       a lock, no I/O
///     the journal's thread, for all that has gathered:
///       append.lua: conditions judged, one entry of the stream      RedisLink::calls()
///     read()       any thread; over a connection of its own         RedisReader
///     the same thread, for tickets, sessions and hubs:
///       their scripts, in the order of the calls                  RedisLink::asides()
///     the same thread, for each entry of each node:
///       XREAD: ids made, Follower::add(), wake()                    RedisLink::tail()
///       outcomes, when the entry is this node's                     no lock
///
/// The stream is the only way into the log of a node, so the order is the same on every node. While
/// a call is under way the next one gathers; nothing waits on purpose.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/clock.h"
#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/base/random.h"
#include "sse/base/wake_fd.h"
#include "sse/journal/cluster_journal.h"
#include "sse/journal/pending_shares.h"
#include "sse/journal/redis_asides.h"
#include "sse/journal/redis_batch.h"
#include "sse/journal/redis_hubs.h"
#include "sse/journal/redis_link.h"
#include "sse/journal/redis_loader.h"
#include "sse/journal/redis_part_search.h"
#include "sse/journal/redis_parts.h"
#include "sse/journal/redis_reader.h"
#include "sse/journal/redis_tickets.h"
#include "sse/log/journal.h"

namespace sse::journal {

template <typename Journal>
struct Arriving;

/// Thread-safe. Two threads of its own from start() on: one for appends and the tail, one that
/// reads history back.
class SSE_EXPORT RedisJournal final : public ClusterJournal {
 public:
  /// start() reads the URL, and connects.
  RedisJournal(const ClusterSettings& settings, const Clock& clock, RandomSource& random);
  ~RedisJournal() override;
  RedisJournal(const RedisJournal&) = delete;
  RedisJournal& operator=(const RedisJournal&) = delete;

  Status start(log::Follower& follower) override SSE_EXCLUDES(mutex_);
  log::Answered append(log::Append& append, FunctionRef<Done()> later) override
      SSE_EXCLUDES(mutex_);
  bool answers_at_once() const override { return false; }
  bool keeps_parts() const override { return true; }
  /// An engine that does not answer fails a read (kIo).
  void read(wire::Sequence first, wire::Sequence last, ReadDone done) override;
  void stop(std::chrono::nanoseconds limit) override SSE_EXCLUDES(mutex_);
  /// Two hubs may read and append at the same time: nothing is to be given up.
  Status suspend(std::chrono::nanoseconds /*limit*/) override { return {}; }
  log::JournalState state() const override { return state_.load(); }
  bool may_still_come(const wire::EventId& id) const override {
    return id.unix_time().count() >= whole_until_ms_;
  }

  std::optional<log::KeptRepeats> take_repeats() override { return std::exchange(repeats_, {}); }

  void on_lost_repeats(LostRepeats told) override { lost_repeats_ = std::move(told); }

  const ClusterLoaded& loaded() const override { return loaded_; }
  log::ClusterCounts cluster_counts() const override SSE_EXCLUDES(mutex_);

  ClusterTickets& tickets() override { return tickets_; }
  void set_describe(Describe describe) override { hubs_.set_describe(std::move(describe)); }
  void list_nodes(std::function<void(log::ClusterStatus)> done) const override SSE_EXCLUDES(mutex_);

 private:
  friend struct Arriving<RedisJournal>;

  struct Waiting {
    Waiting(log::Append& from, Done& with, std::size_t size)
        : append(std::move(from)), done(std::move(with)), bytes(size), peer(append.peer()) {}

    log::Append append;
    Done done;
    std::size_t bytes;  // that it has in pending_, as this peer's
    PendingShares::Peer peer;
    SteadyTime since = std::chrono::steady_clock::now();
    std::uint32_t first_event = 0;  // of its call
    bool is_answered = false;       // without its outcome
    std::shared_ptr<RepeatClaim> claim = {};
    bool is_known = false;  // the request was done already, by another try
    /// RepeatRecord::settle of a record without outcomes: until the append is answered, the key of
    /// its request is held by it.
    std::function<void(bool)> settle = {};
  };
  using Batch = std::list<Waiting>;

  enum class Reply : std::uint8_t { kAppend, kReplicas, kAttach, kKept, kOldest };

  /// One call of append.lua. It is made again, with the same counter, until its reply is known.
  struct Call {
    enum class State : std::uint8_t { kUnsent, kUnderWay, kReplied };
    std::uint64_t counter = 0;
    wire::Epoch epoch = 0;  // that it was sent in last
    RedisBatch batch;
    Batch appends;
    State state = State::kUnsent;
    bool may_be_taken = false;            // it was sent, and no reply has said that it was refused
    bool is_reply_lost = false;           // a connection was lost with one: no reply can say that
    bool is_abandoned = false;            // all of it was answered: not sent again
    wire::Sequence known_by = 0;          // kReplied: once the log is here, it has the entry
    std::optional<std::string> left_out;  // kReplied: all events were left out
    bool has_entry = false;               // the entry has come
    bool waits_for_replicas = false;
    bool lacks_replicas = false;
  };

  /// The first event that is read.
  struct First {
    std::chrono::milliseconds time{0};
    wire::Sequence sequence = 0;
    wire::Epoch epoch = 0;
  };

  // On the journal's thread, or before it runs.
  void run() SSE_EXCLUDES(mutex_);
  bool has_ended() SSE_EXCLUDES(mutex_);
  void turn() SSE_EXCLUDES(mutex_);
  void wait_for_work() SSE_EXCLUDES(mutex_);
  void reconnect() SSE_EXCLUDES(mutex_);
  void pause(std::chrono::milliseconds time) SSE_EXCLUDES(mutex_);
  void lose_link(const std::string& why) SSE_EXCLUDES(mutex_);
  bool look_after_appends() SSE_EXCLUDES(mutex_);
  RedisPatience patience() SSE_EXCLUDES(mutex_);
  void end() SSE_EXCLUDES(mutex_);

  // Calls: redis_journal_appends.cc, and from settle_calls() on redis_journal_answers.cc.
  bool has_pending() const SSE_EXCLUDES(mutex_);
  void put(Batch arrived) SSE_EXCLUDES(mutex_);
  void gather() SSE_EXCLUDES(mutex_);
  void fill(Call& call) SSE_EXCLUDES(mutex_);
  bool is_of_lost_log(const Waiting& waiting) const;
  void refuse_calls_of_lost_log() SSE_EXCLUDES(mutex_);
  void send_next() SSE_EXCLUDES(mutex_);
  void ask_replicas(const Call& call);
  void take_replicas(const RedisReply& reply);
  void await_reply(Reply kind);
  Status take_replies() SSE_EXCLUDES(mutex_);
  Status take_append_reply(const RedisReply& reply) SSE_EXCLUDES(mutex_);
  Status take_append_error(Call& call, const RedisReply& reply) SSE_EXCLUDES(mutex_);
  void settle_calls() SSE_EXCLUDES(mutex_);
  void take_own(const RedisEntry& entry) SSE_EXCLUDES(mutex_);
  void tell_left_out(Call& call) SSE_EXCLUDES(mutex_);
  static bool note_lack(Waiting& waiting);
  static void take_claims(Waiting& waiting, std::span<const LeftOut> left_out);
  void keep_answer(const Waiting& waiting);
  void fail(Call& call, const Error& error) SSE_EXCLUDES(mutex_);
  static void settle(Waiting& waiting, bool is_kept);
  void answer(Waiting& waiting) SSE_EXCLUDES(mutex_);
  void answer_early(Waiting& waiting, const Error& error) SSE_EXCLUDES(mutex_);
  void expire(SteadyTime before, const Error& unsent, const Error& sent) SSE_EXCLUDES(mutex_);
  void forget_calls() SSE_EXCLUDES(mutex_);

  // The tail: redis_journal_tail.cc.
  void begin_tail();
  void ask_tail();
  void note_proven();
  Status take_tail() SSE_EXCLUDES(mutex_);
  Status take_entries(const RedisReply& entries) SSE_EXCLUDES(mutex_);
  bool is_foreign(const RedisEntry& entry);
  std::optional<RedisEntry> entry_of(const RedisReply& item);
  void show(const RedisEntry& entry) SSE_EXCLUDES(mutex_);
  Status attached(const Attached& now) SSE_EXCLUDES(mutex_);
  std::optional<std::string> reason_to_load(const Attached& now) const;
  Status check_limits(const Attached& now) const;
  void note_loaded(const Attached& now, const LoadedRows& rows);
  Status load(const Attached& now, const std::string& why) SSE_EXCLUDES(mutex_);
  Result<log::Origin> origin_for(const Attached& now, RedisLoader& loader,
                                 std::optional<wire::EventId> common);
  static log::Origin origin_before(const Attached& now, const std::optional<First>& first);
  static log::Origin origin_at(const Attached& now, wire::EventId before,
                               const std::optional<First>& first);
  BootTime boot_of(std::chrono::milliseconds time) const;

  // What is not in memory: redis_journal_history.cc.
  std::unique_ptr<RedisReader> make_reader();
  static log::KeptHistory history_of(RedisPartSearch& search);
  void take_history(const log::KeptHistory& history, RedisPartBuilder open) SSE_EXCLUDES(mutex_);
  void forget_history() SSE_EXCLUDES(mutex_);
  void begin_part(const RedisEntry& entry);
  void save_part();
  void ask_oldest() SSE_EXCLUDES(mutex_);
  void take_oldest(const RedisReply& reply);
  void take_lost() SSE_EXCLUDES(mutex_);
  void tell_tail(wire::EventId oldest);

  const ClusterSettings settings_;
  const Clock& clock_;
  RandomSource& random_;
  const std::string node_;                   // a name of 128 random bits
  log::Follower* follower_ = nullptr;        // constant after start()
  ClusterLoaded loaded_;                     // the same
  std::optional<log::KeptRepeats> repeats_;  // until they are taken
  LostRepeats lost_repeats_;                 // constant after start(); may be null
  std::atomic<log::JournalState> state_ = log::JournalState::kNew;
  const WakeFd wake_;
  RedisAsides asides_;
  RedisTickets tickets_;
  RedisHubs hubs_;

  // The journal's thread.
  std::unique_ptr<RedisLink> link_;
  KeyedHash hash_;
  std::string node_key_;
  wire::EventId head_;     // newest event that the follower has
  wire::Epoch epoch_ = 0;  // that calls are made in
  std::vector<EpochRecord> epochs_;
  wire::Epoch foreign_epoch_ = 0;  // of an entry that does not fit to them, and was asked about
  wire::Sequence rows_at_ = 0;     // the follower has the rows of up to here
  wire::Epoch rows_epoch_ = 0;     // they were read in
  std::array<std::uint64_t, 2> digest_key_{};  // of the keys of requests in this order
  bool is_loaded_ = false;
  bool is_tail_lost_ = false;                // the stream does not go on after head_
  std::chrono::milliseconds clock_lead_{0};  // of the engine's clock before ours
  std::uint64_t counter_ = 0;
  std::uint64_t newest_own_ = 0;              // counter of the newest call whose entry has come
  std::deque<Call> calls_;                    // in order of their counters
  std::deque<Reply> replies_;                 // that are under way
  std::deque<std::uint64_t> asked_replicas_;  // counters of the calls of these kReplicas
  std::string tail_at_;                       // the entry behind which the next one is
  EntryCount tail_count_;
  std::string damaged_at_;  // the entry that was left out last
  bool is_tail_asked_ = false;
  SteadyTime tail_asked_;
  SteadyTime replies_since_;  // the oldest of replies_ is waited for
  SteadyTime retry_at_;
  bool is_proven_ = true;  // entries, or that there are none, have come over this connection
  std::chrono::milliseconds backoff_{0};
  std::string told_reason_;                  // why it cannot connect; empty while it can
  RedisPartBuilder open_part_{KeyedHash()};  // that the next entry is added to
  std::deque<RedisPart> unsaved_parts_;      // rows that this node has to write
  wire::Sequence told_tail_ = 0;
  SteadyTime oldest_asked_;

  std::atomic<bool> is_up_ = false;
  std::atomic<wire::Epoch> told_epoch_ = 0;
  std::atomic<wire::Sequence> told_head_ = 0;
  std::atomic<wire::Sequence> engine_head_ = 0;
  std::atomic<std::int64_t> whole_until_ms_ = 0;  // what was ordered before is here
  std::atomic<std::uint64_t> answered_calls_ = 0;
  std::atomic<std::uint64_t> own_events_ = 0;
  std::atomic<std::uint64_t> entries_ = 0;
  std::atomic<std::uint64_t> reconnects_ = 0;
  std::atomic<std::uint64_t> fail_overs_ = 0;
  std::atomic<std::uint64_t> resets_ = 0;
  std::atomic<std::uint64_t> timed_out_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<std::uint64_t> damaged_ = 0;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;  // for stop()
  Batch queue_ SSE_GUARDED_BY(mutex_);
  std::size_t arriving_ SSE_GUARDED_BY(mutex_) = 0;  // taken, and not in the queue yet
  std::size_t pending_appends_ SSE_GUARDED_BY(mutex_) = 0;
  PendingShares pending_ SSE_GUARDED_BY(mutex_);
  std::optional<wire::EventId> lost_ SSE_GUARDED_BY(mutex_);  // what is before it, says the reader
  bool is_stopping_ SSE_GUARDED_BY(mutex_) = false;
  SteadyTime stop_by_ SSE_GUARDED_BY(mutex_);
  bool is_ended_ SSE_GUARDED_BY(mutex_) = true;  // false while the thread runs
  std::thread thread_;
  std::unique_ptr<RedisReader> reader_;  // constant after start()
};

}  // namespace sse::journal
