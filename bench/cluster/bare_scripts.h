#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse/base/result.h"

struct redisContext;
struct redisReply;

namespace sse::bench {

/// The least that a log of many nodes can do with Redis: a script that begins an epoch, one that
/// appends a chunk under the next sequences, and reading what has come. No conditions, keys, rows,
/// trimming or recovery. A connection that blocks. Thread-compatible: one for each thread.
class BareScripts {
 public:
  /// An entry of the stream: `events` sequences that end with `last`.
  struct Entry {
    std::string id;
    std::uint64_t last = 0;
    std::uint64_t events = 0;
  };

  /// To 127.0.0.1. `name`: keys begin with `{name}:`.
  static Result<BareScripts> connect(std::uint16_t port, std::string name);

  /// Begins an epoch, and must be called before append().
  Status attach();
  /// One round trip: a chunk of so many events.
  Status append(std::uint64_t events, std::string_view chunk);
  /// Entries behind `id`, at most 1,000; none when nothing has come within `wait`.
  Result<std::vector<Entry>> read(const std::string& id, std::chrono::milliseconds wait);
  /// One round trip that does nothing.
  Status ping();
  Status remove();

 private:
  struct Free {
    void operator()(redisContext* context) const;
    void operator()(redisReply* reply) const;
  };
  using Reply = std::unique_ptr<redisReply, Free>;

  BareScripts(redisContext* context, std::string name);
  Result<Reply> ask(const std::vector<std::string_view>& words);
  std::string key(std::string_view part) const;

  std::unique_ptr<redisContext, Free> context_;
  std::string name_;
  std::string digest_;  // of the script that appends
  std::uint64_t counter_ = 0;
};

}  // namespace sse::bench
