#pragma once

#include <string>
#include <vector>

#include "support/program.h"
#include "support/scripted_server.h"
#include "support/temporary_directory.h"

namespace sse::test {

/// A scripted server, and sse-sub pointed at it with a state directory of its own.
class SubStage {
 public:
  ScriptedServer server;
  TemporaryDirectory directory;
  std::vector<std::string> environment{"SSE_URL=" + server.url(),
                                       "SSE_STATE_DIR=" + directory.file("state")};

  /// Waits are short, so that reconnecting takes no time.
  Program start(std::vector<std::string> options) const {
    options.insert(options.begin(), {"sse-sub", "--retry-min=1ms", "--retry-max=5ms"});
    return Program(options, {environment, false, directory.path()});
  }
};

/// The same through a shell: `script` finds the program as $SUB.
inline Program start_shell(const SubStage& stage, const std::string& script) {
  auto environment = stage.environment;
  environment.push_back("SUB=" + program_path("sse-sub"));
  return Program({"bash", "-c", script}, {environment, false, stage.directory.path()});
}

}  // namespace sse::test
