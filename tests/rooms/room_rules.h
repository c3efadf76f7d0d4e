#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace sse::test {

/// The tables of docs/rooms.md.
struct RoomRules {
  std::vector<std::string> order;                         ///< rooms, as listed
  std::map<std::string, std::set<std::string>> arrows;    ///< room -> rooms it may include
  std::map<std::string, std::vector<std::string>> doors;  ///< header glob -> globs of file names
};

/// Reads the tables; every row of three cells whose first is `code` is a room, of two a door.
RoomRules read_rules(const std::filesystem::path& page);

/// Every breach in the sources under `root`, as `file:line: what`, in order of file and line.
std::vector<std::string> find_breaches(const RoomRules& rules, const std::filesystem::path& root);

}  // namespace sse::test
