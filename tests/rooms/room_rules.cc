#include "rooms/room_rules.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <utility>

#include <fnmatch.h>

#include "rooms/hash_rules.h"
#include "rooms/qualified_names.h"

namespace sse::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLines = 400;
constexpr const char* kPlainRoom = "base";  // its namespace is the project's
constexpr const char* kSourceTrees[] = {"lib", "apps", "tests", "examples", "bench"};

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

/// The words between backquotes: `a` `b`.
std::vector<std::string> code_words(const std::string& cell) {
  const auto parts = split(cell, '`');
  std::vector<std::string> words;
  for (std::size_t i = 1; i < parts.size(); i += 2) words.push_back(parts[i]);
  return words;
}

bool matches(const std::string& glob, const std::string& name) {
  return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
}

/// What is between the delimiters of an #include line.
std::optional<std::string> included_header(const std::string& line) {
  std::istringstream in(line);
  std::string directive;
  std::string name;
  in >> directive;
  if (directive == "#") {
    in >> name;
    directive += name;
  }
  if (directive != "#include") return std::nullopt;
  in >> name;
  return name.size() > 2 ? std::optional(name.substr(1, name.size() - 2)) : std::nullopt;
}

/// The word that stands for a room where a name is of one: behind `sse::`, or the first of several.
/// A single word is one only behind `namespace`.
std::string room_of(const QualifiedName& name) {
  const auto& words = name.words;
  const std::size_t first = words.front().empty() ? 1 : 0;
  if (words.size() > first + 1 && words[first] == "sse") return words[first + 1];
  return words.size() > 1 || name.follows_namespace ? words.front() : "";
}

/// One file under scrutiny.
class FileCheck {
 public:
  FileCheck(const RoomRules& rules, std::string name, std::vector<std::string>& breaches)
      : rules_(rules), name_(std::move(name)), breaches_(breaches) {
    const auto parts = split(name_, '/');
    if (parts.size() > 3 && parts[0] == "lib" && parts[1] == "sse") room_ = parts[2];
  }

  void run(const std::string& text) {
    const auto lines = split(text, '\n');
    if (!room_.empty() && rules_.arrows.count(room_) == 0) {
      report(1, "room '" + room_ + "' is not in the table");
    }
    for (line_ = 1; line_ <= lines.size(); ++line_) check_line(lines[line_ - 1]);
    if (rules_.arrows.count(room_) != 0) check_names(text);
    for (const auto& breach : unkeyed_hashes(name_, text)) report(breach.line, breach.what);
    if (lines.size() > kMaxLines) report(kMaxLines, "longer than 400 lines");
  }

 private:
  void check_line(const std::string& line) {
    const auto header = included_header(line);
    if (header) {
      check_arrow(*header);
      check_doors(*header);
    }
    const bool is_header = fs::path(name_).extension() == ".h";
    const std::size_t start = line.find_first_not_of(' ');
    if (is_header && start != std::string::npos &&
        line.compare(start, 15, "using namespace") == 0) {
      report(line_, "'using namespace' in a header");
    }
  }

  void check_arrow(const std::string& header) {
    const auto parts = split(header, '/');
    if (parts.size() < 3 || parts[0] != "sse") return;
    const std::string& target = parts[1];
    const auto allowed = rules_.arrows.find(room_);
    if (rules_.arrows.count(target) == 0) {
      report(line_, "includes room '" + target + "', which is not in the table");
    } else if (allowed != rules_.arrows.end() && target != room_ &&
               allowed->second.count(target) == 0) {
      report(line_, "room '" + room_ + "' may not include '" + target + "'");
    }
  }

  /// A room is used by naming what is in it, too: a declaration ahead needs no #include.
  void check_names(const std::string& text) {
    const auto& allowed = rules_.arrows.at(room_);
    std::set<std::pair<std::size_t, std::string>> told;
    for (const auto& name : qualified_names(text)) {
      const std::string target = room_of(name);
      const bool is_room = rules_.arrows.count(target) != 0 && target != kPlainRoom;
      if (!is_room || target == room_ || allowed.count(target) != 0) continue;
      if (!told.insert({name.line, target}).second) continue;
      report(name.line, "room '" + room_ + "' may not name '" + target + "'");
    }
  }

  void check_doors(const std::string& header) {
    for (const auto& [glob, files] : rules_.doors) {
      const bool is_behind_door = matches(glob, header);
      const bool is_door = std::any_of(files.begin(), files.end(),
                                       [&](const auto& file) { return matches(file, name_); });
      if (is_behind_door && !is_door) report(line_, "includes " + header + " outside its door");
    }
  }

  void report(std::size_t line, const std::string& what) {
    breaches_.push_back(name_ + ":" + std::to_string(line) + ": " + what);
  }

  const RoomRules& rules_;
  const std::string name_;
  std::vector<std::string>& breaches_;
  std::string room_;
  std::size_t line_ = 0;
};

}  // namespace

RoomRules read_rules(const fs::path& page) {
  RoomRules rules;
  for (const std::string& line : split(text_of(page), '\n')) {
    const auto cells = split(line, '|');
    if (cells.size() < 3) continue;
    const auto name = code_words(cells[1]);
    const auto words = code_words(cells[2]);
    if (name.size() != 1) continue;
    if (cells.size() == 4) {
      rules.order.push_back(name[0]);
      rules.arrows[name[0]] = {words.begin(), words.end()};
    } else {
      rules.doors[name[0]] = words;
    }
  }
  return rules;
}

std::vector<std::string> find_breaches(const RoomRules& rules, const fs::path& root) {
  std::vector<std::string> names;
  for (const char* tree : kSourceTrees) {
    if (!fs::exists(root / tree)) continue;
    for (auto entry = fs::recursive_directory_iterator(root / tree);
         entry != fs::recursive_directory_iterator(); ++entry) {
      if (entry->path().filename() == "node_modules") entry.disable_recursion_pending();
      const auto extension = entry->path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      names.push_back(entry->path().lexically_relative(root).string());
    }
  }
  std::sort(names.begin(), names.end());

  std::vector<std::string> breaches;
  for (const std::string& name : names) FileCheck(rules, name, breaches).run(text_of(root / name));
  return breaches;
}

}  // namespace sse::test
