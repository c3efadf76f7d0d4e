#include "sse/base/logged_target.h"

#include <string>

#include "support/catch.h"

namespace sse {
namespace {

TEST_CASE("A log shows no value of a parameter that signs a peer in", "[base]") {
  CHECK(logged_target("/events/watch?ticket=tk_abc&topic=a") == "/events/watch?ticket=***&topic=a");
  for (const auto* name : {"ticket", "token", "access_token", "auth", "authorization", "Ticket",
                           "tick%65t", "%74oken", "acc%65ss_tok%65n"}) {
    CAPTURE(name);
    const std::string secret = std::string("/a?x=1&") + name + "=s3cret";
    CHECK(logged_target(secret) == std::string("/a?x=1&") + name + "=***");
    CHECK(logged_target(secret + "&token=s3cret").find("s3cret") == std::string::npos);
  }
}

TEST_CASE("Everything else of a target is logged as it was sent", "[base]") {
  for (const auto* target : {"/", "*", "", "/a?", "/a?&&", "/a?b", "/a?ticket", "/ticket=x/a?b=c",
                             "/a?tickets=x&my_token=y", "/a?%=1&%4=2&t%zz=3"}) {
    CAPTURE(target);
    CHECK(logged_target(target) == target);
  }
}

}  // namespace
}  // namespace sse
