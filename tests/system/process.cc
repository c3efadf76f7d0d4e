#include "system/process.h"

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/catch.h"

namespace sse::test {
namespace {

/// A figure of /proc/PID/status.
std::size_t status_figure(pid_t pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1));
  }
  FAIL("no " << name << " in the status of process " << pid);
  return 0;
}

/// Of a figure in kB.
std::size_t status_bytes(pid_t pid, const std::string& name) {
  return status_figure(pid, name) << 10U;
}

}  // namespace

std::size_t open_descriptors(pid_t pid) {
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

std::size_t descriptor_table_size(pid_t pid) {
  return status_figure(pid, "FDSize");
}

void limit_descriptors(pid_t pid, std::size_t count) {
  rlimit limit{};
  REQUIRE(::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) == 0);
  limit.rlim_cur = count;
  REQUIRE(::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) == 0);
}

std::size_t rss_bytes(pid_t pid) {
  return status_bytes(pid, "VmRSS");
}

std::size_t peak_rss_bytes(pid_t pid) {
  return status_bytes(pid, "VmHWM");
}

}  // namespace sse::test
