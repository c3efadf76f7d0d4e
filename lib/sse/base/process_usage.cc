#include "sse/base/process_usage.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>
#include <string_view>

#include <dirent.h>

#include "sse/base/unique_fd.h"

namespace sse {
namespace {

// Counted one by one up to here: a millisecond, or a few, of a loop's time.
constexpr std::uint64_t kMostCounted = 8'192;

// Fields of /proc/self/stat, counted from the one behind the name: proc(5) has them from 3.
constexpr int kUserTicks = 14 - 3;
constexpr int kSystemTicks = 15 - 3;
constexpr int kStartTicks = 22 - 3;
constexpr int kVirtualBytes = 23 - 3;
constexpr int kResidentPages = 24 - 3;

std::chrono::nanoseconds from_ticks(std::uint64_t ticks) {
  const auto per_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
  return std::chrono::nanoseconds(ticks * (kNanosecondsPerSecond / per_second));
}

/// The numbers behind the program's name; a field that is not a number (the state) is 0.
bool read_stat(std::array<std::uint64_t, kResidentPages + 1>& fields) {
  const UniqueFd fd(::open("/proc/self/stat", O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer;
  const auto size = fd.is_open() ? ::read(fd.get(), buffer.data(), buffer.size()) : -1;
  if (size <= 0) return false;
  std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  const auto name_end = text.rfind(") ");  // a name may hold blanks and brackets
  if (name_end == std::string_view::npos) return false;
  text.remove_prefix(name_end + 2);
  for (auto& field : fields) {
    std::from_chars(text.data(), text.data() + text.size(), field);
    const auto blank = text.find(' ');
    if (blank == std::string_view::npos) return false;
    text.remove_prefix(blank + 1);
  }
  return true;
}

std::optional<std::uint64_t> count_descriptors() {
  constexpr const char* kDirectory = "/proc/self/fd";
  struct stat about {};
  // Since Linux 6.2 the directory's size is their number.
  if (::stat(kDirectory, &about) == 0 && about.st_size > 0) {
    return static_cast<std::uint64_t>(about.st_size);
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(kDirectory), ::closedir);
  if (directory == nullptr) return std::nullopt;
  std::uint64_t entries = 0;
  while (::readdir(directory.get()) != nullptr) {
    if (++entries > kMostCounted) return std::nullopt;
  }
  constexpr std::uint64_t kOthers = 3;  // `.`, `..` and the directory's own descriptor
  return entries - kOthers;
}

}  // namespace

std::optional<ProcessUsage> process_usage(const Clock& clock) {
  std::array<std::uint64_t, kResidentPages + 1> fields{};
  if (!read_stat(fields)) return std::nullopt;
  ProcessUsage usage;
  usage.cpu = from_ticks(fields[kUserTicks]) + from_ticks(fields[kSystemTicks]);
  usage.virtual_bytes = fields[kVirtualBytes];
  usage.resident_bytes =
      fields[kResidentPages] * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const Now now = clock.now();
  usage.started = now.wall - (now.boot.time_since_epoch() - from_ticks(fields[kStartTicks]));
  usage.open_descriptors = count_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    usage.max_descriptors = limit.rlim_cur;
  }
  return usage;
}

}  // namespace sse
