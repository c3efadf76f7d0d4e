#pragma once

/// \file
/// Calls of scripts beside the log: of what hubs share that is not an event.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
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
  /// Gets what the script has returned. Errors: kUnavailable, when there was no reply in time or
  /// the journal has ended; those of error_of_reply().
  using Done = std::function<void(const Result<RedisReply>&)>;

  /// `longest`: how long a call may take. `wake`: has the journal's thread call send().
  RedisAsides(std::chrono::nanoseconds longest, std::function<void()> wake)
      : longest_(longest), wake_(std::move(wake)) {}

  /// The text of a script, and its keys. Before anything is sent.
  void set_script(Script script, std::string text, std::vector<std::string> keys);

  /// `done` is called once, on the journal's thread, or here when the journal has ended. Calls are
  /// carried out in order, and so are their callbacks.
  void ask(Script script, std::vector<std::string> arguments, Done done) SSE_EXCLUDES(mutex_);

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
  struct Call {
    Script script = Script::kTickets;
    std::vector<std::string> arguments;
    Done done;  // null: it has got its answer
    SteadyTime since;
    bool is_load = false;  // of the script itself
  };
  enum class Known : std::uint8_t { kNo, kAsked, kYes };
  struct Text {
    std::string text;
    std::vector<std::string> keys;
    Known known = Known::kNo;  // to the engine
    std::string sha;
  };

  bool load_scripts(RedisConnection& connection);
  void send_call(RedisConnection& connection, Call call);
  Status take_reply(const RedisReply& reply) SSE_EXCLUDES(mutex_);
  void put_back(Call call) SSE_EXCLUDES(mutex_);
  Text& text_of(Script script) { return texts_[static_cast<std::size_t>(script)]; }

  const std::chrono::nanoseconds longest_;
  const std::function<void()> wake_;

  // The journal's thread.
  std::array<Text, 2> texts_;
  std::deque<Call> under_way_;  // in the order of their replies
  SteadyTime replies_since_;    // the first of these is waited for

  Mutex mutex_;
  std::deque<Call> queue_ SSE_GUARDED_BY(mutex_);  // the oldest first
  bool is_ended_ SSE_GUARDED_BY(mutex_) = false;
};

}  // namespace sse::journal
