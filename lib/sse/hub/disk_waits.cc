#include "sse/hub/disk_waits.h"

#include "sse/log/archive.h"

namespace sse::hub {
namespace {

// Parts that are read ahead of the part that is sent. More of them would not come sooner.
constexpr std::size_t kMostAhead = 3;

// With less the parts ahead would take the place of those that are waited for.
constexpr std::size_t kLeastCache = std::size_t{8} << 20U;
constexpr std::size_t kFewStreams = 2;
constexpr std::size_t kMostRemembered = 16;

}  // namespace

DiskWaits::DiskWaits(net::Loop& loop, log::Archive* archive, Schedule& schedule)
    : loop_(loop),
      archive_(archive),
      schedule_(schedule),
      may_read_ahead_(archive != nullptr && archive->counts().limit_bytes >= kLeastCache) {
}

std::optional<log::View> DiskWaits::find(const log::View& view, wire::Sequence next) const {
  return archive_->find(view, next);
}

void DiskWaits::park(Schedule::Hook& stream, const log::View& view, wire::Sequence next) {
  const wire::Sequence part = view.part_of(next).first;
  const auto [wait, is_new] = waits_.try_emplace(part, last_wait_ + 1);
  schedule_.mark_parked(stream, wait->second);
  if (!is_new) return;
  ++last_wait_;
  archive_->load(view, next, [this, &loop = loop_, part] {  // on the archive's thread
    loop.post([this, part] { end(part); });
  });
}

void DiskWaits::read_ahead(const log::View& view, const log::View& part) {
  if (!may_read_ahead_ || schedule_.parked() > kFewStreams) return;
  if (ahead_.size() >= kMostRemembered) ahead_.clear();
  ahead_.erase(part.first_held());
  wire::Sequence next = part.head() + 1;
  for (std::size_t i = 0; i < kMostAhead && view.is_archived(next); ++i) {
    const log::PartRange range = view.part_of(next);
    if (ahead_.insert(range.first).second) archive_->load(view, next, [] {});
    next = range.last + 1;
  }
}

void DiskWaits::end(wire::Sequence part) {
  const auto wait = waits_.find(part);
  schedule_.end_wait(wait->second);
  waits_.erase(wait);
  loop_.request_turn();
}

}  // namespace sse::hub
