#pragma once

/// \file
/// Calls of scripts beside the log: of what hubs share that is not an event.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/mutex.h"
#include "sse/base/result.h"
#include "sse/journal/redis_codec.h"
#include "sse/journal/redis_connection.h"

namespace sse::journal {

/// Keeps calls until the engine has replied to them, over a connection of their own. Each is such
/// that it may be carried out twice: when a connection is lost, those under way are made again over
/// the next one. ask() from any thread; all else on the journal's.
class SSE_EXPORT RedisAsides {
 public:
  enum class Script : std::uint8_t { kTickets, kHubs };
  /// Gets what the script has returned. Errors: kUnavailable, when there was no reply in time, too
  /// many calls wait for theirs or the journal has ended; those of error_of_reply().
  using Done = std::function<void(const Result<RedisReply>&)>;

  /// `longest`: how long a call may take. `most`: calls of other threads that are kept at a time;
  /// those of the journal's own thread are the hub's, and have no limit here. `wake`: has the
  /// journal's thread call send().
  RedisAsides(std::chrono::nanoseconds longest, std::size_t most, std::function<void()> wake)
      : longest_(longest), most_(most), wake_(std::move(wake)) {}

  /// The text of a script, and its keys. Before anything is sent.
  void set_script(Script script, std::string text, std::vector<std::string> keys);

  /// The calling thread is the journal's.
  void begin() SSE_EXCLUDES(mutex_);

  /// `done` is called once, on the journal's thread, or here when the call is not kept. Calls are
  /// carried out in order, and so are their callbacks.
  void ask(Script script, std::vector<std::string> arguments, const Done& done)
      SSE_EXCLUDES(mutex_);

  /// Sends what waits.
  void send(RedisConnection& connection) SSE_EXCLUDES(mutex_);
  /// Reads what has arrived. Error: the connection is of no more use.
  Status take(RedisConnection& connection) SSE_EXCLUDES(mutex_);
  /// Whether the engine owes a reply for longer than this.
  bool is_silent(std::chrono::nanoseconds longest) const;
  /// The connection is gone: what was under way waits again.
  void lose() SSE_EXCLUDES(mutex_);
  /// Answers those that have taken too long.
  void expire(SteadyTime now) SSE_EXCLUDES(mutex_);
  /// Answers all, and whatever is asked from now on.
  void end() SSE_EXCLUDES(mutex_);

 private:
  struct LeavePlace {
    void operator()(std::atomic<std::size_t>* kept) const { kept->fetch_sub(1); }
  };
  using Place = std::unique_ptr<std::atomic<std::size_t>, LeavePlace>;
  struct Call {
    Script script = Script::kTickets;
    std::vector<std::string> arguments;
    Done done;  // null: it has got its answer
    SteadyTime since;
    bool is_load = false;   // of the script itself
    Place place = nullptr;  // null: it has no limit
  };
  enum class Known : std::uint8_t { kNo, kAsked, kYes };
  struct Text {
    std::string text;
    std::vector<std::string> keys;
    Known known = Known::kNo;  // to the engine
    std::string sha;
  };

  Status keep(Script script, std::vector<std::string> arguments, const Done& done)
      SSE_REQUIRES(mutex_);
  bool load_scripts(RedisConnection& connection);
  void send_call(RedisConnection& connection, Call call);
  Status take_reply(const RedisReply& reply) SSE_EXCLUDES(mutex_);
  void put_back(Call call) SSE_EXCLUDES(mutex_);
  Text& text_of(Script script) { return texts_[static_cast<std::size_t>(script)]; }

  const std::chrono::nanoseconds longest_;
  const std::size_t most_;
  const std::function<void()> wake_;

  std::atomic<std::size_t> kept_ = 0;  // calls with a place; they go before this

  // The journal's thread.
  std::array<Text, 2> texts_;
  std::deque<Call> under_way_;  // in the order of their replies
  SteadyTime replies_since_;    // the first of these is waited for

  Mutex mutex_;
  std::deque<Call> queue_ SSE_GUARDED_BY(mutex_);  // the oldest first
  std::thread::id own_thread_ SSE_GUARDED_BY(mutex_);
  bool is_ended_ SSE_GUARDED_BY(mutex_) = false;
};

}  // namespace sse::journal
