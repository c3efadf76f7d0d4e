#include "sse/http/entity_tag.h"

#include "support/catch.h"

namespace sse::http {
namespace {

constexpr const char* kTag = "\"4f2a-br\"";

TEST_CASE("If-None-Match lists a tag, weak or strong", "[http][entity_tag]") {
  for (const char* list : {R"("4f2a-br")", R"(W/"4f2a-br")", R"("x", "4f2a-br")",
                           R"("x","4f2a-br")", R"( "x" ,, W/"4f2a-br" ,)", R"("a,b", "4f2a-br")"}) {
    CAPTURE(list);
    CHECK(lists_entity_tag(list, kTag));
  }
}

TEST_CASE("A star is any tag", "[http][entity_tag]") {
  CHECK(lists_entity_tag("*", kTag));
  CHECK(lists_entity_tag(" * ", kTag));
  CHECK_FALSE(lists_entity_tag("\"*\"", kTag));
}

TEST_CASE("Another tag, or a malformed list, does not match", "[http][entity_tag]") {
  for (const char* list : {"", R"("4f2a")", R"("4f2a-gzip")", R"("4F2A-br")", "4f2a-br",
                           R"(w/"4f2a-br")", R"("4f2a-br)", R"("x" "4f2a-br")", R"("x,4f2a-br")",
                           R"(*, "4f2a-br")", R"(x, "4f2a-br")", R"(W/ "4f2a-br")"}) {
    CAPTURE(list);
    CHECK_FALSE(lists_entity_tag(list, kTag));
  }
}

}  // namespace
}  // namespace sse::http
