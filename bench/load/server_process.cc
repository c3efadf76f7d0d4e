#include "server_process.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace sse::bench {
namespace {

std::string folder_of(pid_t pid) {
  return "/proc/" + std::to_string(pid);
}

/// The sum of the lines that start with `name`, in bytes: they are in kB.
std::uint64_t kilobytes(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  std::uint64_t sum = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name)) sum += std::stoull(line.substr(name.size())) << 10U;
  }
  return sum;
}

/// The process, and the workers it started.
std::vector<pid_t> family_of(pid_t pid) {
  std::vector<pid_t> pids{pid};
  std::ifstream children(folder_of(pid) + "/task/" + std::to_string(pid) + "/children");
  for (pid_t child = 0; children >> child;) pids.push_back(child);
  return pids;
}

/// In nanoseconds, where /proc/PID/stat counts ticks of 10 ms.
double cpu_seconds(pid_t pid) {
  double sum = 0;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator(folder_of(pid) + "/task", gone)) {
    std::ifstream file(task.path() / "schedstat");
    double nanoseconds = 0;
    file >> nanoseconds;
    sum += nanoseconds / 1e9;
  }
  return sum;
}

}  // namespace

std::optional<ServerUse> read_use(pid_t pid) {
  if (!std::filesystem::exists(folder_of(pid))) return std::nullopt;
  ServerUse use;
  const auto family = family_of(pid);
  // Shared pages are in the Rss of every worker, and in Pss once.
  const std::string_view name = family.size() > 1 ? "Pss:" : "Rss:";
  for (const auto member : family) {
    use.cpu_seconds += cpu_seconds(member);
    use.rss_bytes += kilobytes(folder_of(member) + "/smaps_rollup", name);
  }
  use.peak_rss_bytes = kilobytes(folder_of(pid) + "/status", "VmHWM:");
  return use;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace sse::bench
