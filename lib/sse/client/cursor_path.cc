#include "sse/client/cursor_path.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "sse/base/utf8.h"

namespace sse::client {
namespace {

constexpr std::size_t kMaxName = 100;
constexpr std::string_view kExtension = ".cursor";

/// FNV-1a: the same on every machine and in every version.
std::string hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
  return std::string(digits.data(), end);
}

Result<std::string> state_directory(const Environment& environment) {
  if (auto directory = environment("SSE_STATE_DIR")) return *directory;
  if (auto directories = environment("STATE_DIRECTORY")) {
    return directories->substr(0, directories->find(':'));
  }
  if (auto directory = environment("XDG_STATE_HOME")) return *directory + "/sse";
  if (auto home = environment("HOME")) return *home + "/.local/state/sse";
  return Error{ErrorCode::kNotFound,
               "no directory for the cursor: neither HOME nor XDG_STATE_HOME is set; give a file "
               "with --cursor-file"};
}

}  // namespace

Result<std::string> cursor_path(std::string_view name, const Endpoint& subscription,
                                const Environment& environment) {
  if (name.empty() || name.size() > kMaxName || name.front() == '.' ||
      name.find('/') != std::string_view::npos || has_control_character(name)) {
    return Error{ErrorCode::kInvalid, "'" + std::string(name) +
                                          "' cannot name a cursor; expected up to 100 characters "
                                          "without '/', not starting with '.'"};
  }
  const std::string directory = SSE_TRY(state_directory(environment));
  return directory + "/" + std::string(name) + "@" + percent_encode(subscription.host()) + "_" +
         std::to_string(subscription.port()) + "-" + hash_of(subscription.url()) +
         std::string(kExtension);
}

SiblingCursor sibling_cursor(const std::string& path) {
  const std::filesystem::path own(path);
  const std::string file_name = own.filename();
  const std::string of_hub = file_name.substr(0, file_name.rfind('-') + 1);
  const std::string of_name = of_hub.substr(0, of_hub.rfind('@') + 1);
  auto found = SiblingCursor::kNone;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(own.parent_path(), ignored)) {
    const std::string other = entry.path().filename();
    if (other == file_name || entry.path().extension() != kExtension) continue;
    if (other.starts_with(of_hub)) return SiblingCursor::kOtherFilters;
    if (other.starts_with(of_name)) found = SiblingCursor::kOtherHub;
  }
  return found;
}

}  // namespace sse::client
