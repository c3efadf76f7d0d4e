// The measuring instruments of bench/: what they measure is small here, but they must find every
// fault, and every mode must work with every server that it is for.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"
#include "system/faulty_server.h"

namespace sse::test {
namespace {

struct Measured {
  int status = 0;
  nlohmann::json figures;
  std::string err;
};

std::string option(const std::string& name, std::uint64_t value) {
  return name + "=" + std::to_string(value);
}

Measured load(std::uint16_t port, std::vector<std::string> words) {
  words.insert(words.begin(), program_path("sse-load"));
  words.push_back(option("--port", port));
  words.emplace_back("--json");
  Program program(words);
  const int status = program.wait();
  INFO(program.out() << program.err());
  Measured measured{status, {}, program.err()};
  if (!program.out().empty()) measured.figures = nlohmann::json::parse(program.out());
  return measured;
}

/// Ten events to three streams of a server with that mistake on the stream opened as `stream`.
Measured load_with(Mistake mistake, std::size_t stream) {
  FaultyServer server(mistake, stream);
  return load(server.port(), {"fan-out", "--server=raw", "--streams=3", "--events=10",
                              "--rate=200/s", "--publishers=1", "--patience=1s"});
}

/// sse-raw on a port of its own.
class RawProgram {
 public:
  explicit RawProgram(std::vector<std::string> options = {}) : program_(words(options)) {
    program_.wait_for_out("\n");
    port_ = static_cast<std::uint16_t>(std::stoul(program_.out()));
  }
  std::uint16_t port() const { return port_; }
  std::string pid_option() const {
    return option("--pid", static_cast<std::uint64_t>(program_.pid()));
  }

 private:
  static std::vector<std::string> words(const std::vector<std::string>& options) {
    std::vector<std::string> words{program_path("sse-raw"), "--port=0"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }

  Program program_;
  std::uint16_t port_ = 0;
};

void check_faultless(const Measured& measured) {
  INFO(measured.figures.dump() << measured.err);
  CHECK(measured.status == 0);
  for (const auto* fault :
       {"lost", "repeated", "unordered", "unknown", "wrong_ids", "control", "ended"}) {
    CHECK(measured.figures.value(fault, -1) == 0);
  }
}

TEST_CASE("sse-load is content with a server that makes no mistake", "[system][bench]") {
  const auto measured = load_with(Mistake::kNone, 0);
  check_faultless(measured);
  CHECK(measured.figures.at("deliveries") == 30);
}

TEST_CASE("sse-load finds each mistake, on whichever stream it is made", "[system][bench]") {
  struct Case {
    Mistake mistake;
    std::vector<std::string> figures;  // one of them tells of it
  };
  const std::vector<Case> cases{
      {Mistake::kLose, {"lost", "unordered"}},
      {Mistake::kRepeat, {"repeated"}},
      {Mistake::kReorder, {"unordered", "lost", "repeated"}},
      {Mistake::kInvent, {"unknown"}},
      {Mistake::kChangeId, {"wrong_ids"}},
      {Mistake::kClose, {"ended"}},
  };
  for (const auto& [mistake, figures] : cases) {
    for (const std::size_t stream : {0U, 1U, 2U}) {
      const auto measured = load_with(mistake, stream);
      INFO("mistake " << static_cast<int>(mistake) << " on stream " << stream << ": "
                      << measured.figures.dump());
      CHECK(measured.status == 1);
      int told = 0;
      for (const auto& figure : figures) told += measured.figures.value(figure, 0);
      CHECK(told > 0);
    }
  }
}

TEST_CASE("sse-load does not wait for ever for an event that no stream gets", "[system][bench]") {
  const auto measured = load_with(Mistake::kLoseAll, 0);
  CHECK(measured.status == 1);
  CHECK(measured.figures.at("deliveries") == 27);
  CHECK(measured.figures.at("events") == 10);
}

TEST_CASE("Every mode measures the raw limit", "[system][bench]") {
  const std::vector<std::vector<std::string>> runs{
      {"idle", "--streams=20"},
      {"fan-out", "--streams=20", "--rate=500/s", "--events=50"},
      {"saturate", "--streams=20", "--events=2000", "--size=200"},
      {"mixed", "--streams=20", "--events=500"},
      {"publish", "--events=500", "--publishers=4"},
      {"publish", "--events=500", "--streams=2"},
  };
  for (const auto& sending :
       {std::vector<std::string>{}, std::vector<std::string>{"--per-event"}}) {
    RawProgram raw(sending);
    for (auto words : runs) {
      words.insert(words.end(), {"--server=raw", raw.pid_option()});
      check_faultless(load(raw.port(), words));
    }
  }
  RawProgram raw;
  const auto storm = load(
      raw.port(), {"storm", "--server=raw", "--streams=20", "--events=30", "--probe-rate=200/s"});
  check_faultless(storm);
  CHECK(storm.figures.at("deliveries") >= 600);
}

TEST_CASE("Every mode measures a hub", "[system][bench]") {
  const std::vector<std::vector<std::string>> runs{
      {"idle", "--streams=20"},
      {"saturate", "--streams=20", "--events=500"},
      {"saturate", "--streams=20", "--events=500", "--server=events", "--size=1kB"},
      {"saturate", "--streams=20", "--events=500", "--topics=10"},
      {"saturate", "--streams=20", "--events=500", "--topics=10", "--server=events"},
      {"mixed", "--streams=20", "--events=500"},
      {"publish", "--events=1000", "--batch=100"},
      {"publish", "--events=1000", "--batch=20", "--streams=2"},
      {"storm", "--streams=20", "--events=30"},
  };
  HubProgram hub;
  for (auto words : runs) {
    words.push_back(option("--pid", static_cast<std::uint64_t>(hub.program().pid())));
    const auto measured = load(hub.port(), words);
    check_faultless(measured);
    if (words.front() != "idle") CHECK(measured.figures.at("server_cpu_seconds") > 0);
  }
}

TEST_CASE("sse-load says what it cannot do", "[system][bench]") {
  const HubProgram hub;
  const auto crowd = load(hub.port(), {"idle", "--streams=2000000000"});
  CHECK(crowd.status == 69);
  CHECK(crowd.err.find("descriptors, and the hard limit is") != std::string::npos);
  const auto topics = load(hub.port(), {"saturate", "--server=raw", "--topics=2"});
  CHECK(topics.status == 64);
  CHECK(topics.err.find("--topics needs --server readings or events") != std::string::npos);
  const auto missing = load(hub.port(), {"idle", "--streams=1", "--target=/nothing"});
  CHECK(missing.status == 69);
  CHECK(missing.err.find("refused a stream: HTTP/1.1 404") != std::string::npos);
  const auto other = load(hub.port(), {"publish", "--server=raw", "--events=5"});
  CHECK(other.status == 69);
  CHECK(other.err.find("did not take an event: HTTP/1.1 404") != std::string::npos);
}

TEST_CASE("bench/run measures, judges, and writes what it found", "[system][bench]") {
  const TemporaryDirectory results;
  Program program({SSE_SOURCE_DIR "/bench/run", "--quick", "--pinning=free", "--programs",
                   std::filesystem::path(program_path("sse-load")).parent_path(), "--out",
                   results.path(), "idle", "slow_1000", "batch", "storm", "filtered", "counters",
                   "subscriber", "loader", "growth"});
  while (!program.has_ended()) {  // longer than other tests have patience, under sanitizers
    program.out();
    ::usleep(10'000);
  }
  const int status = program.wait();
  INFO(program.out() << program.err());
  REQUIRE(status == 0);
  std::string html;
  nlohmann::json record;
  for (const auto& entry : std::filesystem::directory_iterator(results.path())) {
    std::ifstream file(entry.path());
    if (entry.path().extension() == ".json") {
      record = nlohmann::json::parse(file);
    } else {
      std::ostringstream text;
      text << file.rdbuf();
      html = text.str();
    }
  }
  const auto& one_pass = record.at("passes").at("free");
  CHECK(one_pass.at("results").at("idle").contains("raw"));
  CHECK(one_pass.at("goals").size() == 17);
  for (const auto& goal : one_pass.at("goals")) {
    INFO(goal.dump());
    CHECK_FALSE(goal.at("met").is_null());
    CHECK(program.out().find(goal.at("work").get<std::string>()) != std::string::npos);
  }
  CHECK(record.at("growth").at("streams").at("ours-1").size() == 3);
  CHECK(html.find("<svg") != std::string::npos);
  CHECK(html.find("http://") == std::string::npos);
}

}  // namespace
}  // namespace sse::test
