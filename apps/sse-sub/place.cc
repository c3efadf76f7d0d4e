#include "place.h"

#include "sse/base/logged_target.h"
#include "sse/base/logging.h"

namespace sse::sub {

Result<client::LoadedCursor> Place::open(const std::string& path, const std::string& url,
                                         Before before, Directory directory) {
  file_ = std::make_unique<client::CursorFile>(path, calls_);
  directory_ = directory;
  if (auto locked = file_->lock(directory); !locked) {
    const ErrorCode code = locked.error().code;
    if (code == ErrorCode::kConflict || code == ErrorCode::kNotFound) return locked.error();
    warn(locked.error());
  } else {
    is_locked_ = true;
  }
  if (before == Before::kForget) SSE_TRY(file_->forget());
  auto loaded = file_->load();
  if (!loaded) return Error{ErrorCode::kInvalid, loaded.error().text};
  if (!loaded->warning.empty()) log_line(LogLevel::kWarning, loaded->warning);
  cursor_ = loaded->cursor;
  // The file's name says which subscription it is of; a URL may hold a token.
  cursor_.url = logged_target(url);
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
  const auto saved = lock_and_save();
  if (!saved) return warn(saved.error());
  is_dirty_ = false;
  has_failed_ = false;
}

/// A lock that a full disk refused may be had by now.
Status Place::lock_and_save() {
  if (!is_locked_) SSE_TRY(file_->lock(directory_));
  is_locked_ = true;
  return file_->save(cursor_);
}

/// Once, until it works again.
void Place::warn(const Error& error) {
  if (!has_failed_) {
    log_line(LogLevel::kWarning, error.text + "; continuing without saving the position");
  }
  has_failed_ = true;
}

}  // namespace sse::sub
