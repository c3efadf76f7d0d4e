#include <cstdlib>
#include <fstream>

#include "rooms/room_rules.h"
#include "support/catch.h"

namespace sse::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSourceDir = SSE_SOURCE_DIR;

RoomRules project_rules() {
  return read_rules(kSourceDir / "docs" / "rooms.md");
}

/// A source tree that lives for one test.
class Tree {
 public:
  Tree() {
    std::string name = (fs::temp_directory_path() / "sse-rooms-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~Tree() { fs::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  /// The breaches of a tree that holds this one file.
  std::vector<std::string> breaches_of(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
    auto breaches = find_breaches(project_rules(), root_);
    fs::remove(root_ / name);
    return breaches;
  }

 private:
  fs::path root_;
};

TEST_CASE("No source file breaks the rules of docs/rooms.md", "[rooms]") {
  const auto breaches = find_breaches(project_rules(), kSourceDir);
  for (const auto& breach : breaches) UNSCOPED_INFO(breach);
  CHECK(breaches.empty());
}

TEST_CASE("The table names every room, and arrows only go up", "[rooms]") {
  const auto rules = project_rules();
  std::set<std::string> above;
  for (const auto& room : rules.order) {
    CAPTURE(room);
    CHECK(fs::is_directory(kSourceDir / "lib" / "sse" / room));
    for (const auto& target : rules.arrows.at(room)) CHECK(above.count(target) == 1);
    above.insert(room);
  }
  for (const auto& entry : fs::directory_iterator(kSourceDir / "lib" / "sse")) {
    if (entry.is_directory()) CHECK(above.count(entry.path().filename().string()) == 1);
  }
}

TEST_CASE("A forbidden arrow is found, an allowed one is not", "[rooms]") {
  const Tree tree;
  CHECK(tree.breaches_of("lib/sse/wire/a.cc", "// a\n#include \"sse/hub/hub.h\"\n") ==
        std::vector<std::string>{"lib/sse/wire/a.cc:2: room 'wire' may not include 'hub'"});
  CHECK(tree.breaches_of("lib/sse/hub/a.cc", "#include \"sse/wire/event.h\"\n").empty());
  CHECK(tree.breaches_of("lib/sse/hub/a.cc", "#include \"sse/hub/b.h\"\n").empty());
  CHECK(tree.breaches_of("apps/sse-serve/a.cc", "#include \"sse/api/b.h\"\n").empty());
}

TEST_CASE("A forbidden net:: in api is found, without an #include", "[rooms]") {
  const Tree tree;
  const char* const uses[] = {
      "net::Loop& loop();",
      "sse::net::Loop& loop();",
      "::sse::net::Loop& loop();",
      "return ::sse::net::is_loopback(bind);",
      "std::unique_ptr<const net::Socket> socket;",
      "net /* the room */ :: Loop& loop();",
      "namespace sse::net {",
      "namespace sse { namespace net { class Loop; } }",
      "using namespace net;",
      "namespace sockets = sse::net;",
      "#define SSE_LOOP net::Loop",
      R"x(auto text = R"(a " quote)"; net::Loop* loop;)x",
      "auto many = 1'000'000; net::Loop* loop;",
      "char quote = '\"'; net::Loop* loop;",
      "auto text = \"a \\\" quote\"; net::Loop* loop;",
      "/* a comment */ net::Loop* loop;  // and another one",
      "net::Loop* one; net::Loop* other;",
  };
  for (const char* use : uses) {
    CAPTURE(use);
    CHECK(tree.breaches_of("lib/sse/api/a.cc", std::string("class Loop;\n") + use) ==
          std::vector<std::string>{"lib/sse/api/a.cc:2: room 'api' may not name 'net'"});
    for (const char* allowed : {"lib/sse/server/a.cc", "lib/sse/net/a.cc", "apps/sse-serve/a.cc"}) {
      CHECK(tree.breaches_of(allowed, use).empty());
    }
  }
}

TEST_CASE("A word that does not name a room is not found", "[rooms]") {
  const Tree tree;
  const char* const others[] = {
      "// net::Loop",
      "// a comment \\\n net::Loop",
      "/* net::Loop\n * net::Loop */",
      R"(auto text = "net::Loop";)",
      R"x(auto text = R"(net::Loop " net::Loop)";)x",
      "boost::net::Loop* loop;",
      "::net::Loop* loop;",
      "return ::net::is_loopback(bind);",
      "Some<Type>::net::Loop* loop;",
      "Loop* net = nullptr; is_there ? net : ::net;",
      "internet::Loop* loop; net_::Loop* other;",
      "struct Loop; int net() { return loop.net; }",
      "namespace httplib { struct Request; }",
  };
  for (const char* other : others) {
    CAPTURE(other);
    CHECK(tree.breaches_of("lib/sse/api/a.cc", other).empty());
  }
  CHECK(tree.breaches_of("lib/sse/wire/a.cc", "nlohmann::json::parse(text);").empty());
  CHECK(tree.breaches_of("lib/sse/wire/a.cc", "json::parse(text);").size() == 1);
}

TEST_CASE("A room that is not in the table is found", "[rooms]") {
  const Tree tree;
  CHECK(tree.breaches_of("lib/sse/util/a.h", "") ==
        std::vector<std::string>{"lib/sse/util/a.h:1: room 'util' is not in the table"});
  CHECK(tree.breaches_of("apps/sse-sub/a.cc", "#include \"sse/util/a.h\"\n").size() == 1);
}

TEST_CASE("A third-party header outside its door is found", "[rooms]") {
  const Tree tree;
  const std::pair<const char*, const char*> outside[] = {
      {"lib/sse/http/a.h", "httplib.h"},
      {"lib/sse/hub/a.cc", "httplib.h"},
      {"lib/sse/api/a.h", "nlohmann/json.hpp"},
      {"lib/sse/storage/a.cc", "nlohmann/json.hpp"},
      {"lib/sse/api/a.cc", "nlohmann/json.hpp"},
      {"lib/sse/json/a.cc", "nlohmann/json.hpp"},
      {"lib/sse/net/a.cc", "spdlog/spdlog.h"},
      {"apps/sse-serve/main.cc", "spdlog/spdlog.h"},
      {"lib/sse/client/a.cc", "httplib.h"},
      {"lib/sse/http/a.cc", "httplib.h"},
      {"lib/sse/client/a.cc", "curl/curl.h"},
      {"lib/sse/client/curl_a.h", "curl/curl.h"},
      {"apps/sse-sub/main.cc", "curl/curl.h"},
      {"apps/cli/a.h", "CLI/CLI.hpp"},
      {"apps/sse-serve/options.cc", "CLI/CLI.hpp"},
      {"lib/sse/base/a.cc", "CLI/App.hpp"},
      {"apps/cli/a.h", "toml++/toml.h"},
      {"tests/base/a.cc", "catch2/catch.hpp"},
      {"apps/cli/words.cc", "CLI/CLI.hpp"},
  };
  for (const auto& [file, header] : outside) {
    CAPTURE(file, header);
    const std::string text = std::string("#  include <") + header + ">\n";
    CHECK(tree.breaches_of(file, text).size() == 1);
  }
  const std::pair<const char*, const char*> doors[] = {
      {"lib/sse/http/mounted_handler.cc", "httplib.h"},
      {"lib/sse/client/hub_json.cc", "nlohmann/json.hpp"},
      {"lib/sse/client/curl_a.cc", "curl/curl.h"},
      {"lib/sse/base/logging.cc", "spdlog/async_logger.h"},
      {"apps/cli/fill_targets.cc", "CLI/CLI.hpp"},
      {"apps/cli/config_file.cc", "toml++/toml.h"},
      {"examples/embed/main.cc", "httplib.h"},
  };
  for (const auto& [file, header] : doors) {
    CAPTURE(file, header);
    CHECK(tree.breaches_of(file, std::string("#include <") + header + ">\n").empty());
  }
}

TEST_CASE("A header that uses a namespace, and a file that is too long, are found", "[rooms]") {
  const Tree tree;
  CHECK(tree.breaches_of("lib/sse/base/a.h", "  using namespace std;\n").size() == 1);
  CHECK(tree.breaches_of("lib/sse/base/a.cc", "using namespace std;\n").empty());
  CHECK(tree.breaches_of("lib/sse/base/a.cc", std::string(400, '\n')).empty());
  CHECK(tree.breaches_of("lib/sse/base/a.cc", std::string(401, '\n')).size() == 1);
}

}  // namespace
}  // namespace sse::test
