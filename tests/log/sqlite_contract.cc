// Asks the contract of journals of SqliteJournal, too.

#include <utility>

#include "sse/base/random.h"
#include "sse/journal/sqlite_journal.h"

#include "support/catch.h"
#include "support/journal_makers.h"
#include "support/temporary_directory.h"

namespace sse::log {
namespace {

/// With a directory that goes with it.
class TemporaryJournal final : public Journal {
 public:
  TemporaryJournal(const Clock& clock, const RowLimits& rows) {
    auto journal = journal::SqliteJournal::open({options(), {}, rows}, clock, random_);
    if (!journal) FAIL(journal.error().text);
    journal_ = *std::move(journal);
  }

  Status start(Follower& follower) override { return journal_->start(follower); }
  Answered append(Append& append, FunctionRef<Done()> later) override {
    return journal_->append(append, later);
  }
  bool answers_at_once() const override { return journal_->answers_at_once(); }
  void stop(std::chrono::nanoseconds limit) override { journal_->stop(limit); }
  JournalState state() const override { return journal_->state(); }

 private:
  journal::JournalOptions options() const {
    journal::JournalOptions options;
    options.directory = directory_.file("data");
    options.reserve = 0;
    return options;
  }

  const test::TemporaryDirectory directory_;
  SystemRandom random_;
  std::unique_ptr<journal::SqliteJournal> journal_;
};

const bool kIsAsked = [] {
  test::journal_makers()["sqlite"] = [](const Clock& clock, const RowLimits& rows) {
    return std::make_unique<TemporaryJournal>(clock, rows);
  };
  return true;
}();

}  // namespace
}  // namespace sse::log
