#include "cli/messages.h"

#include "cli/option_list.h"

namespace sse::cli {

LogOptions Messages::log_options(const std::string& program) const {
  LogOptions options;
  options.program = program;
  options.format = format;
  options.level = quiet            ? LogLevel::kError
                  : verbosity == 0 ? LogLevel::kWarning
                  : verbosity == 1 ? LogLevel::kInfo
                                   : LogLevel::kDebug;
  return options;
}

void declare_messages(OptionList& list, Messages& messages, const std::string& verbose_help) {
  list.group("Messages");
  list.flag("-q,--quiet", messages.quiet, "errors only");
  list.count("-v,--verbose", messages.verbosity, verbose_help);
  list.choice("--log-format", messages.format, "how messages are written to stderr",
              {{"text", LogFormat::kText}, {"json", LogFormat::kJson}});
}

}  // namespace sse::cli
