#include "man/option_trees.h"

namespace sse::man {

OptionTrees::OptionTrees() {
  serve::declare(serve_, serve_options_);
  pub::declare(pub_, pub_options_);
  sub::declare(sub_, sub_options_);
}

cli::CommandLine* OptionTrees::find(const std::string& program) {
  for (auto* line : all()) {
    if (line->program().name == program) return line;
  }
  return nullptr;
}

}  // namespace sse::man
