#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sse/base/clock.h"
#include "sse/client/cursor_file.h"

#include "watch.h"

namespace sse::sub {

/// The subscriber's place in the stream and its copy on disk, which follows at most once in each
/// `interval`.
/// Without a file it only counts. Thread-compatible.
class Place {
 public:
  Place(Watch& watch, const Clock& clock, std::chrono::nanoseconds interval)
      : watch_(watch), clock_(clock), interval_(interval) {}

  enum class Before { kGoOn, kForget };  ///< what becomes of the place that is saved

  /// Keeps the place in `path` from now on. What cannot be written is warned of, and remembered in
  /// has_failed(). Error: kConflict when another process holds the cursor (or a newer version wrote
  /// it, then kInvalid), kNotFound when its directory is not there and must be, kIo when it cannot
  /// be forgotten.
  using Directory = client::CursorFile::Directory;
  Result<client::LoadedCursor> open(const std::string& path, const std::string& url, Before before,
                                    Directory directory);

  void set_stream(std::string stream) { cursor_.stream = std::move(stream); }

  /// Everything up to this id has been written to where it belongs.
  void reached(std::string_view id, std::uint64_t events);

  enum class When { kSoon, kNow };
  void save(When when);

  const std::string& id() const { return cursor_.id; }
  bool has_failed() const { return has_failed_; }

 private:
  void write();
  Status lock_and_save();
  void warn(const Error& error);

  Watch& watch_;
  const Clock& clock_;
  const std::chrono::nanoseconds interval_;
  std::unique_ptr<client::CursorFile> file_;
  client::FileCalls calls_;
  Directory directory_ = Directory::kMake;
  bool is_locked_ = false;
  client::Cursor cursor_;
  std::optional<BootTime> saved_at_;
  bool is_dirty_ = false;
  bool has_failed_ = false;
};

}  // namespace sse::sub
