#pragma once

/// \file
/// The configuration file: TOML, with a section for each program under keys that all of them share.
/// The door to toml++.

#include <string>
#include <vector>

#include "sse/base/result.h"

#include "cli/environment.h"

namespace sse::cli {

/// One `key = value`, as an option takes it.
struct Setting {
  enum class Form { kBoolean, kNumber, kText, kList };

  std::string key;  ///< an option's long name
  Form form = Form::kText;
  std::vector<std::string> values;  ///< kList: any number, else one
  std::string file;
  unsigned line = 0;
  bool shared = false;  ///< stands above the sections

  std::string place() const { return file + ":" + std::to_string(line); }
};

/// Reads what `path` says to the program with the section `section`: first the keys above all
/// sections, then its own, each in the order of lines. Other programs' sections are only checked to
/// be tables. Errors: kNotFound when there is no such file, kIo when it cannot be read, kInvalid
/// (`FILE:LINE: ...`) for text that is not TOML, a section without a program of that name, and
/// values that no option takes (tables, arrays of arrays).
Result<std::vector<Setting>> read_config_file(const std::string& path, const std::string& section);

/// Whether `key` may stand above the sections: some program has an option of that name.
bool is_shared_key(const std::string& key);

/// The keys that may stand above the sections.
const std::vector<std::string>& shared_keys();

/// The configuration files that are read when none is named, the winning one first:
/// `$XDG_CONFIG_HOME/sse/config.toml` (`~/.config` when it is unset; none when HOME is too), then
/// `/etc/sse/config.toml`.
std::vector<std::string> standard_config_files(const Environment& environment);

}  // namespace sse::cli
