#include "sse/client/cursor_file.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace sse::client {
namespace {

constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kFileMode = 0600;

/// More than any cursor has; what is larger is not one.
constexpr std::size_t kMaxFileSize = std::size_t{64} * 1024;

std::string reason_of(int error) {
  return std::generic_category().message(error);
}

Error io_error(std::string_view what, const std::string& path, int error) {
  return {ErrorCode::kIo, std::string(what) + " " + path + ": " + reason_of(error)};
}

/// The directory and those above it that do not exist yet.
Status make_directory(const std::filesystem::path& directory) {
  if (directory.empty()) return {};
  struct stat found {};
  if (::stat(directory.c_str(), &found) == 0) return {};
  if (directory.has_parent_path() && directory.parent_path() != directory) {
    if (auto made = make_directory(directory.parent_path()); !made) return made;
  }
  if (::mkdir(directory.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
  return io_error("cannot make the directory", directory, errno);
}

std::string holder_of(int lock) {
  std::array<char, 32> pid{};
  const ssize_t size = ::pread(lock, pid.data(), pid.size(), 0);
  std::string text(pid.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return text.substr(0, text.find('\n'));
}

}  // namespace

CursorFile::CursorFile(std::string path, FileCalls& calls) : path_(std::move(path)), calls_(calls) {
}

Error CursorFile::cannot(const char* what, const std::string& path, const Error& why) const {
  return {why.code, std::string(what) + " " + path + ": " + why.text};
}

std::string CursorFile::place() const {
  const auto target = find_target(path_);
  return target ? target->path : path_;
}

Status CursorFile::lock(Directory directory) {
  const auto target = find_target(path_);
  if (target && target->kind != FileTarget::Kind::kFile) return {};
  const std::filesystem::path above = std::filesystem::path(place()).parent_path();
  if (directory == Directory::kMake) SSE_TRY(make_directory(above));
  if (!above.empty() && !std::filesystem::exists(above)) {
    return Error{ErrorCode::kNotFound, "cannot save the cursor " + path_ +
                                           ": there is no directory " + above.string() +
                                           "; make it first"};
  }
  if (!target) return cannot("cannot save the cursor", path_, target.error());
  const std::string path = target->path + ".lock";
  auto opened = open_lock_file(path);
  if (!opened) return cannot("cannot lock the cursor with", path, opened.error());
  UniqueFd lock = *std::move(opened);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return io_error("cannot lock the cursor with", path, errno);
    return Error{ErrorCode::kConflict,
                 "the cursor " + path_ + " is in use by process " + holder_of(lock.get()) +
                     "; give this subscriber another name with --resume=NAME"};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only a hint for people: a full disk must not keep a subscriber from reading.
  if (::ftruncate(lock.get(), 0) == 0) {
    [[maybe_unused]] const auto written = ::pwrite(lock.get(), pid.data(), pid.size(), 0);
  }
  lock_ = std::move(lock);
  return {};
}

Result<LoadedCursor> CursorFile::load() const {
  LoadedCursor loaded;
  bool exists = false;
  const std::string place = this->place();
  for (const std::string& path : {place, place + ".bak"}) {
    const auto read = read_regular_file(path, kMaxFileSize);
    if (!read) return cannot("cannot read the cursor", path, read.error());
    const auto& text = *read;
    if (!text) continue;
    exists = true;
    auto cursor = parse_cursor(*text);
    if (cursor) {
      loaded.state = LoadedCursor::State::kFound;
      loaded.cursor = *std::move(cursor);
      return loaded;
    }
    const std::string why = "the cursor " + path + " cannot be used: " + cursor.error().text;
    if (cursor.error().code == ErrorCode::kConflict) return Error{ErrorCode::kConflict, why};
    loaded.warning += (loaded.warning.empty() ? "" : "; ") + why;
  }
  if (exists) loaded.state = LoadedCursor::State::kDamaged;
  return loaded;
}

Status CursorFile::save(const Cursor& cursor) {
  const auto target = find_target(path_);
  if (!target) return cannot("cannot write the cursor", path_, target.error());
  auto saved = replace(*target, format_cursor(cursor));
  if (!saved) return cannot("cannot write the cursor", path_, saved.error());
  return saved;
}

Status CursorFile::replace(const FileTarget& target, const std::string& text) {
  ReplacementRules rules;
  rules.mode = kFileMode;
  rules.is_durable = true;
  if (target.kind != FileTarget::Kind::kFile) return replace_file(target, text, rules, calls_);
  const std::string temporary = SSE_TRY(write_beside(target.path, text, rules, calls_));
  const std::string backup = target.path + ".bak";
  // Between the two renames only the backup exists, which load() takes too.
  const bool is_kept = calls_.rename(target.path.c_str(), backup.c_str()) == 0 || errno == ENOENT;
  if (is_kept && calls_.rename(temporary.c_str(), target.path.c_str()) == 0) return {};
  const Error error{ErrorCode::kIo, reason_of(errno)};
  ::unlink(temporary.c_str());
  return error;
}

Status CursorFile::forget() {
  const auto target = find_target(path_);
  if (target && target->kind != FileTarget::Kind::kFile) return {};
  const std::string place = this->place();
  for (const std::string& path : {place, place + ".bak"}) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR) {
      return io_error("cannot remove the cursor", path, errno);
    }
  }
  return {};
}

}  // namespace sse::client
