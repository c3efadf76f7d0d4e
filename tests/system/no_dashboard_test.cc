// A program that was built with SSE_DASHBOARD=OFF.

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"

namespace sse::test {
namespace {

TEST_CASE("A program without its dashboard says so at /, and serves all else",
          "[system][dashboard]") {
  const HubProgram hub;
  const auto page = request(hub.port(), "GET", "/");
  CHECK(page.status == 200);
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.body.find("built without its dashboard") != std::string::npos);
  CHECK(request(hub.port(), "GET", "/metrics").status == 200);
}

}  // namespace
}  // namespace sse::test
