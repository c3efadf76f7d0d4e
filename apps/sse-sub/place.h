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
  /// it, then kInvalid), kIo when it cannot be forgotten.
  Result<client::LoadedCursor> open(const std::string& path, const std::string& url, Before before);

  void set_stream(std::string stream) { cursor_.stream = std::move(stream); }

  /// Everything up to this id has been written to where it belongs.
  void reached(std::string_view id, std::uint64_t events);

  enum class When { kSoon, kNow };
  void save(When when);

  const std::string& id() const { return cursor_.id; }
  bool has_failed() const { return has_failed_; }

 private:
  void write();

  Watch& watch_;
  const Clock& clock_;
  const std::chrono::nanoseconds interval_;
  std::unique_ptr<client::CursorFile> file_;
  client::FileCalls calls_;
  client::Cursor cursor_;
  std::optional<BootTime> saved_at_;
  bool is_dirty_ = false;
  bool has_failed_ = false;
};

}  // namespace sse::sub
