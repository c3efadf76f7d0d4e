#include "show_cursor.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "sse/base/escape.h"
#include "sse/base/logged_target.h"
#include "sse/base/logging.h"
#include "sse/base/time_text.h"
#include "sse/client/cursor_file.h"
#include "sse/json/string.h"

namespace sse::sub {
namespace {

using cli::ExitCode;

std::string shown(const std::string& path, const client::Cursor& cursor, CursorForm form) {
  const auto saved = std::chrono::floor<std::chrono::milliseconds>(cursor.time);
  const std::string time = cursor.time == WallTime() ? "" : format_rfc3339_millis(saved);
  const std::string url = logged_target(cursor.url);  // earlier versions kept it as it was
  const std::pair<const char*, std::string_view> texts[] = {
      {"file", path}, {"id", cursor.id}, {"url", url}, {"stream", cursor.stream}, {"time", time}};
  const std::string count = std::to_string(cursor.count);
  std::string out;
  if (form == CursorForm::kLines) {
    for (const auto& [name, text] : texts) {
      if (!text.empty()) out.append(name).append(" ").append(escaped(text)).append("\n");
    }
    return out + "count " + count + "\n";
  }
  for (const auto& [name, text] : texts) {
    out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":");
    if (text.empty()) {
      out += "null";
    } else {
      json::append_string(out, text);
    }
  }
  return out + ",\"count\":" + count + "}\n";
}

}  // namespace

ExitCode show_cursor(const std::string& path, CursorForm form) {
  client::FileCalls calls;
  const auto loaded = client::CursorFile(path, calls).load();
  if (!loaded) {
    log_line(LogLevel::kError, loaded.error().text);
    return ExitCode::kConfig;
  }
  if (!loaded->warning.empty()) log_line(LogLevel::kWarning, loaded->warning);
  if (loaded->state != client::LoadedCursor::State::kFound) {
    log_line(LogLevel::kError, "there is no position in " + path);
    return ExitCode::kNotAsWanted;
  }
  const std::string text = shown(path, loaded->cursor, form);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    log_line(LogLevel::kError, std::string("cannot write to stdout: ") + std::strerror(errno));
    return ExitCode::kOutputFailed;
  }
  return ExitCode::kDone;
}

}  // namespace sse::sub
