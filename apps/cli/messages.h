#pragma once

#include <string>

#include "sse/base/logging.h"

namespace sse::cli {

class OptionList;

/// How much a command says on stderr, and how.
struct Messages {
  bool quiet = false;
  int verbosity = 0;  ///< how often -v was given
  LogFormat format = LogFormat::kText;

  /// For the LogSession of `program`: errors only, warnings too, what happens, and all.
  LogOptions log_options(const std::string& program) const;
};

/// Declares `-q/--quiet`, `-v/--verbose` (with `verbose_help`) and `--log-format`.
void declare_messages(OptionList& list, Messages& messages, const std::string& verbose_help);

}  // namespace sse::cli
