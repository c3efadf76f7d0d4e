#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
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

/// Calls `reach` with a longer and longer duration, as an option takes it, until it says that what
/// should happen within that time did: a busy machine may be slow to start a program, or to run it.
inline void with_time_enough(const std::function<bool(const std::string& limit)>& reach) {
  for (auto limit = std::chrono::milliseconds(50); limit < kPatience; limit *= 2) {
    if (reach(std::to_string(limit.count()) + "ms")) return;
  }
  FAIL("never within the time");
}

/// The real hub, and sse-sub pointed at it.
struct HubStage {
  HubProgram hub;
  TemporaryDirectory directory;

  Program subscribe(std::vector<std::string> options) const {
    options.insert(options.begin(), {"sse-sub", hub.url(), "--retry-min=1ms", "--retry-max=5ms"});
    return Program(options, {{"SSE_STATE_DIR=" + directory.path()}, false, directory.path()});
  }

  void publish(const std::string& body) const {
    REQUIRE(request(hub.port(), "POST", "/events", body).status == 201);
  }

  /// NDJSON: many at once.
  void publish_numbers(int from, int to) const {
    std::string lines;
    for (int i = from; i <= to; ++i) lines += "{\"data\":" + std::to_string(i) + "}\n";
    REQUIRE(request(hub.port(), "POST", "/events", lines, "Content-Type: application/x-ndjson\r\n")
                .status == 200);
  }
};

}  // namespace sse::test
