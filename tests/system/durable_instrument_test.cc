// The rows of bench/run that measure a data directory: small, but each finds its figures.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

namespace fs = std::filesystem;

/// An empty directory beside the programs: a temporary one may be in memory.
fs::path make_disk_directory() {
  const auto path = fs::path(program_path("sse-durable")).parent_path() / "durable-test";
  fs::remove_all(path);
  fs::create_directories(path);
  return path;
}

/// The file in `directory` whose name ends so.
std::string written(const fs::path& directory, const std::string& extension) {
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() != extension) continue;
    std::ifstream file(entry.path());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  return {};
}

TEST_CASE("bench/run measures a data directory beside a bare file, and leaves nothing there",
          "[system][bench]") {
  const TemporaryDirectory results;
  const auto disk = make_disk_directory();
  Program program({SSE_SOURCE_DIR "/bench/run", "--quick", "--pinning=free", "--programs",
                   disk.parent_path(), "--out", results.path(), "--disk", disk, "durable"});
  while (!program.has_ended()) {  // longer than other tests have patience, under sanitizers
    program.out();
    ::usleep(10'000);
  }
  const int status = program.wait();
  INFO(program.out() << program.err());
  if (program.err().find("expected a disk") != std::string::npos) {
    WARN("skipped: the programs are in memory");
    return;
  }
  REQUIRE(status == 0);
  CHECK(fs::is_empty(disk));
  fs::remove(disk);

  const auto record = nlohmann::json::parse(written(results.path(), ".json"));
  CHECK(record.at("machine").at("disk").get<std::string>().find(disk.string()) !=
        std::string::npos);
  const auto& goals = record.at("passes").at("free").at("goals");
  CHECK(goals.size() == 11);
  for (const auto& goal : goals) {
    INFO(goal.dump());
    CHECK_FALSE(goal.at("met").is_null());
  }
  const auto page = written(results.path(), ".html");
  CHECK(page.find("publishes in flight") != std::string::npos);
}

TEST_CASE("What sse-durable cannot write to is named", "[system][bench]") {
  Program program({"sse-durable", "sync", "--no-config", "--dir=/nowhere/at/all"});
  CHECK(program.wait() == 69);
  CHECK(program.err() == "sse-durable: error: /nowhere/at/all: No such file or directory\n");
}

}  // namespace
}  // namespace sse::test
