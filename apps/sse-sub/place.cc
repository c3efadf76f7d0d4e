#include "place.h"

#include "sse/base/logging.h"

namespace sse::sub {

Result<client::LoadedCursor> Place::open(const std::string& path, const std::string& url,
                                         Before before) {
  file_ = std::make_unique<client::CursorFile>(path, calls_);
  if (auto locked = file_->lock(); !locked) {
    if (locked.error().code == ErrorCode::kConflict) return locked.error();
    log_line(LogLevel::kWarning, locked.error().text + "; going on without saving the place");
    has_failed_ = true;
  }
  if (before == Before::kForget) SSE_TRY(file_->forget());
  auto loaded = file_->load();
  if (!loaded) return Error{ErrorCode::kInvalid, loaded.error().text};
  if (!loaded->warning.empty()) log_line(LogLevel::kWarning, loaded->warning);
  cursor_ = loaded->cursor;
  cursor_.url = url;
  return loaded;
}

void Place::reached(std::string_view id, std::uint64_t events) {
  if (id.empty() || (events == 0 && id == cursor_.id)) return;
  cursor_.id.assign(id);
  cursor_.count += events;
  is_dirty_ = true;
}

void Place::save(When when) {
  if (!is_dirty_ || file_ == nullptr) return;
  const BootTime now = clock_.now().boot;
  if (when == When::kSoon && saved_at_ && now - *saved_at_ < interval_) {
    watch_.call_at(Watch::Task::kSave, *saved_at_ + interval_, [this] { write(); });
    return;
  }
  write();
}

void Place::write() {
  saved_at_ = clock_.now().boot;
  cursor_.time = clock_.now().wall;
  const auto saved = file_->save(cursor_);
  if (saved) {
    is_dirty_ = false;
    has_failed_ = false;
  } else if (!has_failed_) {  // said once, until it works again
    has_failed_ = true;
    log_line(LogLevel::kWarning, saved.error().text + "; going on without saving the place");
  }
}

}  // namespace sse::sub
