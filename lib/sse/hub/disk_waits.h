#pragma once

/// \file
/// Streams that wait for history that is not in memory.

#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "sse/hub/schedule.h"
#include "sse/log/view.h"
#include "sse/net/loop.h"
#include "sse/wire/event_id.h"

namespace sse::log {
class Archive;
}

namespace sse::hub {

/// Has parts of the history read for the streams of one loop, which are parked meanwhile: nothing
/// on the loop waits for a disk. A part is asked for once, however many streams wait for it.
/// Loop-affine.
class DiskWaits {
 public:
  /// `archive`: null where all history is in memory. All of them outlive this.
  DiskWaits(net::Loop& loop, log::Archive* archive, Schedule& schedule);

  /// The part of `view` that holds the event, when it is at hand. REQUIRES: view.is_archived(next).
  std::optional<log::View> find(const log::View& view, wire::Sequence next) const;

  /// Parks a stream until that part was read, or is gone; then it is behind. REQUIRES: the same.
  void park(Schedule::Hook& stream, const log::View& view, wire::Sequence next);

  /// A stream begins a part, and is about to take those behind it. They are read while it does, so
  /// that it need not wait for each; not while many streams wait for parts of their own.
  void read_ahead(const log::View& view, const log::View& part);

 private:
  void end(wire::Sequence part);

  net::Loop& loop_;
  log::Archive* const archive_;
  Schedule& schedule_;
  const bool may_read_ahead_;
  std::set<wire::Sequence> ahead_;  // parts that were asked for before a stream came to them
  std::map<wire::Sequence, std::uint32_t> waits_;  // of the schedule, by the part's first event
  std::uint32_t last_wait_ = 0;
};

}  // namespace sse::hub
