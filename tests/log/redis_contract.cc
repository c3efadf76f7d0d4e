// Asks the contract of journals of RedisJournal, too.

#include <memory>

#include "sse/base/random.h"
#include "sse/journal/redis_journal.h"

#include "support/catch.h"
#include "support/journal_makers.h"
#include "support/redis_server.h"

namespace sse::log {
namespace {

/// With a log of its own in the one server of this process.
class SharedServerJournal final : public Journal {
 public:
  SharedServerJournal(const Clock& clock, const RowLimits& rows)
      : journal_(settings(rows), clock, random_) {}

  Status start(Follower& follower) override { return journal_.start(follower); }
  Answered append(Append& append, FunctionRef<Done()> later) override {
    return journal_.append(append, later);
  }
  bool answers_at_once() const override { return journal_.answers_at_once(); }
  void stop(std::chrono::nanoseconds limit) override { journal_.stop(limit); }
  JournalState state() const override { return journal_.state(); }

 private:
  static journal::ClusterSettings settings(const RowLimits& rows) {
    static test::RedisServer server;
    static int logs = 0;
    journal::ClusterSettings settings;
    settings.cluster.url = server.url("log" + std::to_string(++logs));
    settings.rows = rows;
    return settings;
  }

  SystemRandom random_;
  journal::RedisJournal journal_;
};

const bool kIsAsked = [] {
  if (!test::has_redis()) return false;
  test::journal_makers()["redis"] = [](const Clock& clock, const RowLimits& rows) {
    return std::make_unique<SharedServerJournal>(clock, rows);
  };
  return true;
}();

}  // namespace
}  // namespace sse::log
