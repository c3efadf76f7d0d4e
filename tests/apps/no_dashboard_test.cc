#include <httplib.h>

#include "http/site.h"
#include "sse-serve/dashboard.h"

namespace sse::serve {
namespace {

// The program itself, built so, is asked in tests/system/.
TEST_CASE("The page of a program without its dashboard says so, and how to get it", "[dashboard]") {
  http::Site site;
  add_dashboard(site.router);
  const auto answer = site.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  for (const char* part :
       {"\r\nContent-Type: text/html; charset=utf-8\r\n", "\r\nCache-Control: no-cache\r\n",
        "\r\nContent-Security-Policy: default-src 'none'; ", "built without its dashboard",
        "-DSSE_DASHBOARD=ON", "Node.js"}) {
    CAPTURE(part);
    CHECK(answer.find(part) != std::string::npos);
  }
}

}  // namespace
}  // namespace sse::serve
