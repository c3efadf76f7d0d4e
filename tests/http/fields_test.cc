#include "sse/http/fields.h"

#include <string>

#include "support/catch.h"

namespace sse::http {
namespace {

TEST_CASE("Names are equal whatever their case, and fields keep their order", "[http][fields]") {
  Fields fields{{"Accept", "a"}, {"Host", "h"}, {"ACCEPT", "b"}};
  CHECK(fields.size() == 3);
  CHECK(fields.get("accept") == "a");
  CHECK(fields.count("Accept") == 2);
  CHECK(fields.list("accept") == "a, b");
  CHECK(fields.get("none").empty());
  CHECK_FALSE(fields.has("none"));
  std::string names;
  for (const auto& [name, value] : fields) names.append(name).append("=").append(value).append(" ");
  CHECK(names == "Accept=a Host=h ACCEPT=b ");
}

TEST_CASE("A field is set instead of those of its name, and removed with them", "[http][fields]") {
  Fields fields{{"A", "1"}, {"b", "2"}, {"a", "3"}};
  fields.set("A", "4");
  CHECK(fields == Fields{{"b", "2"}, {"A", "4"}});
  fields.remove("B");
  CHECK(fields == Fields{{"A", "4"}});
  fields.add("", "");
  CHECK(fields.has(""));
  fields.clear();
  CHECK(fields.empty());
  CHECK(fields.list("A").empty());
}

TEST_CASE("A copy stands for itself", "[http][fields]") {
  Fields fields{{"A", "1"}};
  const Fields copy = fields;
  fields.set("A", "2");
  fields.add("B", "3");
  CHECK(copy == Fields{{"A", "1"}});
}

}  // namespace
}  // namespace sse::http
