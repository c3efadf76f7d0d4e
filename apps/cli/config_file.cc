#include "cli/config_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <optional>
#include <sstream>
#include <tuple>

#include <toml++/toml.h>

#include "sse/base/unique_fd.h"

#include "cli/words.h"

namespace sse::cli {
namespace {

constexpr const char* kSystemFile = "/etc/sse/config.toml";
constexpr const char* kSections[] = {"sub", "pub", "serve"};

Error wrong(const std::string& place, const std::string& what) {
  return {ErrorCode::kInvalid, place + ": " + what};
}

std::string join(const std::string& path, toml::source_index line) {
  return path + ":" + std::to_string(line);
}

/// A value that is neither array nor table, as a command line would have it.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  std::ostringstream out;  // its own formatter: `0x10` and `1_000` come out in decimal
  if (const auto* number = node.as_integer()) {
    out << number->get();
  } else if (const auto* fraction = node.as_floating_point()) {
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), fraction->get()).ptr;
    return std::string(digits, end);
  } else if (const auto* time = node.as_date_time()) {
    out << time->get();
  } else if (const auto* date = node.as_date()) {
    out << date->get();
  } else {
    return std::nullopt;
  }
  return out.str();
}

Setting::Form form_of(const toml::node& node) {
  if (node.is_array()) return Setting::Form::kList;
  if (node.is_boolean()) return Setting::Form::kBoolean;
  return node.is_number() ? Setting::Form::kNumber : Setting::Form::kText;
}

class Reader {
 public:
  Reader(std::string path, std::string section)
      : path_(std::move(path)), section_(std::move(section)) {}

  Result<std::vector<Setting>> read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string name(key.str());
      const auto* table = node.as_table();
      if (table == nullptr) {
        SSE_TRY(add(key, node, true));
      } else {
        SSE_TRY(check_section(name, node));
        if (name == section_) SSE_TRY(read_section(*table));
      }
    }
    std::sort(settings_.begin(), settings_.end(), [](const auto& a, const auto& b) {
      return std::tuple(!a.shared, a.line) < std::tuple(!b.shared, b.line);
    });
    return std::move(settings_);
  }

 private:
  Status read_section(const toml::table& table) {
    for (const auto& [key, node] : table) {
      SSE_TRY(add(key, node, false));
    }
    return {};
  }

  Status check_section(const std::string& name, const toml::node& node) const {
    const std::vector<std::string> known(std::begin(kSections), std::end(kSections));
    if (std::find(known.begin(), known.end(), name) != known.end()) return {};
    const std::string meant = nearest(name, known);
    return wrong(join(path_, node.source().begin.line),
                 "no section is called [" + name + "]; expected [sub], [pub] or [serve]" +
                     (meant.empty() ? "" : "; did you mean [" + meant + "]?"));
  }

  Status add(const toml::key& key, const toml::node& node, bool shared) {
    const std::string name(key.str());
    Setting setting{name, form_of(node), {}, path_, key.source().begin.line, shared};
    if (const auto* array = node.as_array()) {
      for (const auto& item : *array) {
        auto text = text_of(item);
        if (!text)
          return wrong(setting.place(), name + ": expected strings or numbers in the array");
        setting.values.push_back(std::move(*text));
      }
    } else {
      auto text = text_of(node);
      if (!text)
        return wrong(setting.place(),
                     name + ": expected a string, a number, a boolean or an array");
      setting.values.push_back(std::move(*text));
    }
    settings_.push_back(std::move(setting));
    return {};
  }

  const std::string path_;
  const std::string section_;
  std::vector<Setting> settings_;
};

Error cannot_read(const std::string& path) {
  const bool is_missing = errno == ENOENT || errno == ENOTDIR;
  return {is_missing ? ErrorCode::kNotFound : ErrorCode::kIo,
          "cannot read " + path + ": " + std::strerror(errno)};
}

/// All of a file. Not by a stream: reading a directory with one throws.
Result<std::string> content_of(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return cannot_read(path);
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const auto bytes = ::read(fd.get(), buffer.data(), buffer.size());
    if (bytes < 0) return cannot_read(path);
    if (bytes == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
}

}  // namespace

const std::vector<std::string>& shared_keys() {
  static const std::vector<std::string> keys{"url",        "token-file", "header",
                                             "log-format", "quiet",      "verbose"};
  return keys;
}

bool is_shared_key(const std::string& key) {
  return std::find(shared_keys().begin(), shared_keys().end(), key) != shared_keys().end();
}

Result<std::vector<Setting>> read_config_file(const std::string& path, const std::string& section) {
  const auto text = SSE_TRY(content_of(path));
  try {
    return Reader(path, section).read(toml::parse(text, path));
  } catch (const toml::parse_error& failure) {
    return wrong(join(path, failure.source().begin.line),
                 "not TOML: " + std::string(failure.description()));
  }
}

std::vector<std::string> standard_config_files(const Environment& environment) {
  const auto value = [&](const char* name) { return environment(name).value_or(""); };
  std::vector<std::string> files;
  if (!value("XDG_CONFIG_HOME").empty()) {
    files.push_back(value("XDG_CONFIG_HOME") + "/sse/config.toml");
  } else if (!value("HOME").empty()) {
    files.push_back(value("HOME") + "/.config/sse/config.toml");
  }
  files.emplace_back(kSystemFile);
  return files;
}

}  // namespace sse::cli
