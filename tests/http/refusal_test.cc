// What is refused before any route is asked.

#include <string>
#include <string_view>
#include <utility>

#include "sse/http/error_response.h"

#include "http/site.h"

namespace sse::http {
namespace {

TEST_CASE("What the gate sets is in refusals too, as far as the request was read",
          "[http][connection]") {
  ServerOptions options;
  options.max_body = 10;
  Site site(options);
  site.hooks.on_head = [](Call& call) {
    const Request& request = call.request();
    if (request.fields.has("Origin")) call.response().fields.set("Seen", request.path);
    if (request.path != "/closed") return Verdict::kGoOn;
    error_response(call.response(), 403, "not here");
    return Verdict::kAnswered;
  };
  const std::string origin = "Host: x\r\nOrigin: http://page\r\n\r\n";
  for (const auto& [fields, status] :
       {std::pair{"Content-Length: 11\r\n", "413"}, std::pair{"Content-Encoding: gzip\r\n", "415"},
        std::pair{"Expect: wonders\r\n", "417"}}) {
    CAPTURE(fields);
    const auto answer = site.ask("POST /echo HTTP/1.1\r\n" + std::string(fields) + origin);
    CHECK(answer.substr(9, 3) == status);
    CHECK(has(answer, "Seen: /echo\r\n"));
    // How long the body is counts once the gate has let the head pass.
    const bool is_judged = status == std::string_view("413");
    const auto gated = site.ask("POST /closed HTTP/1.1\r\n" + std::string(fields) + origin);
    CHECK(gated.substr(9, 3) == (is_judged ? "403" : status));
    CHECK(has(gated, "not here") == is_judged);
  }
  CHECK_FALSE(has(site.ask("nonsense\r\n\r\n"), "Seen"));
}

TEST_CASE("A doubt about the framing comes before what is not served", "[http][connection]") {
  Site site;
  CHECK(site.ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                 "Content-Length: 1\r\nContent-Length: 1\r\n\r\n")
            .substr(9, 3) == "400");
}

}  // namespace
}  // namespace sse::http
