#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/later.h"
#include "sse/log/event_log.h"
#include "sse/log/journal.h"

namespace sse::log {

/// Rows of a domain, read beside the log: a copy that the journal's order alone changes. An
/// implementation holds its own lock while it applies rows and calls `show`, which makes their
/// events visible: so a reader that holds the lock sees no row without its event, and no event
/// without its row. Thread-safe.
class Projection {
 public:
  /// The rows of `entries`, in order. Changes that hold already are left out: applying twice is
  /// applying once.
  virtual void apply(std::span<const Entry> entries, FunctionRef<void()> show) = 0;

  /// All rows, in order, each before its series. A copy.
  virtual std::vector<KeptRow> rows() { return {}; }

  /// These rows in place of all others.
  virtual void replace(std::span<const KeptRow> rows, FunctionRef<void()> show) = 0;

 protected:
  ~Projection() = default;
};

/// Fills an EventLog, and with it a projection if there is one. Thread-safe, but for attach().
class SSE_EXPORT LogFollower final : public Follower {
 public:
  /// `wake` tells the fan-out loops to read the log.
  LogFollower(EventLog& log, std::function<void()> wake);

  /// Before anything is appended, and before the journal is started where it has rows to load.
  void attach(Projection& projection) { projection_ = &projection; }

  /// The rows of the projection; none without one.
  std::vector<KeptRow> rows() const {
    return projection_ == nullptr ? std::vector<KeptRow>() : projection_->rows();
  }

  KeyedHash name_hash() const override { return log_.name_hash(); }
  void load(const Origin& origin, std::span<const KeptRow> rows) override;
  void load_part(const KeptPart& part) override { log_.load_part(part); }
  void begin_parts(std::span<const wire::EventId> first) override { log_.begin_parts(first); }
  void move_tail(const Tail& tail) override { log_.move_tail(tail); }
  void add(std::span<const Entry> entries, BootTime now) override;
  void restart(const Origin& origin, std::span<const KeptRow> rows, std::string_view why) override;
  void wake() override { wake_(); }

 private:
  void show_after(std::span<const KeptRow> rows, FunctionRef<void()> show);

  EventLog& log_;
  const std::function<void()> wake_;
  Projection* projection_ = nullptr;
};

}  // namespace sse::log
