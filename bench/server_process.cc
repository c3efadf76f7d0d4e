#include "server_process.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace sse::bench {
namespace {

std::uint64_t peak_rss(pid_t pid) {
  constexpr std::string_view kPeak = "VmHWM:";
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kPeak)) return std::stoull(line.substr(kPeak.size())) << 10U;
  }
  return 0;
}

}  // namespace

std::optional<ServerUse> read_use(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  // The name in parentheses may hold anything; what is counted starts after it (proc(5)).
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t rss_pages = 0;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  fields >> user_ticks >> system_ticks;
  for (int i = 16; i < 24; ++i) fields >> skipped;
  fields >> rss_pages;
  const auto ticks = static_cast<double>(user_ticks + system_ticks);
  return ServerUse{ticks / static_cast<double>(sysconf(_SC_CLK_TCK)),
                   rss_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)), peak_rss(pid)};
}

}  // namespace sse::bench
