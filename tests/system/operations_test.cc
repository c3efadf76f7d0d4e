// docs/operations.md: what an operator reads of the real hub, and who may.

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/journal/durable_journal.h"

#include "support/catch.h"
#include "support/exposition_check.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

using nlohmann::json;

/// An open stream: its head and greeting have been read.
std::unique_ptr<RawConnection> watch(std::uint16_t port, const std::string& query = {}) {
  auto connection = std::make_unique<RawConnection>(port);
  connection->send("GET /events/watch" + query + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  connection->read_stream_head();
  connection->read_until("id: ");
  return connection;
}

CheckedExposition metrics_of(const HubProgram& hub) {
  const auto answer = request(hub.port(), "GET", "/-/metrics");
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  auto checked = check_exposition(answer.body);
  CHECK(checked.complaints == std::vector<std::string>{});
  return checked;
}

TEST_CASE("The metrics are in Prometheus' format, and count what happened",
          "[system][operations]") {
  const HubProgram hub;
  const auto stream = watch(hub.port());
  const auto gapped = watch(hub.port(), "?last_event_id=nonsense");
  CHECK(request(hub.port(), "POST", "/events", R"({"data":1})").status == 201);
  stream->read_until("data: 1\n\n");
  gapped->read_until("data: 1\n\n");
  CHECK(request(hub.port(), "POST", "/metrics", R"({"name":"cpu"})").status == 201);
  stream->read_until("metric_created");
  CHECK(request(hub.port(), "GET", "/nothing").status == 404);
  RawConnection nonsense(hub.port());
  nonsense.send("nonsense\r\n\r\n");
  CHECK(read_answer(nonsense).status == 400);

  const auto metrics = metrics_of(hub);
  CHECK(metrics.at("sse_streams_open") == 2);
  CHECK(metrics.at("sse_streams_opened_total") == 2);
  CHECK(metrics.at("sse_replays_total{result=\"gap\"}") == 1);
  CHECK(metrics.at("sse_gaps_total{reason=\"unknown\"}") == 1);
  CHECK(metrics.at("sse_events_published_total") == 2);
  CHECK(metrics.at("sse_log_events") == 2);
  CHECK(metrics.at("sse_log_limit_events") > 1e300);
  CHECK(metrics.at("sse_metrics") == 1);
  CHECK(metrics.at("sse_build_info{version=\"0.1.0\"}") == 1);
  CHECK(metrics.at("sse_turn_cpu_seconds_count") > 5);
  CHECK(metrics.at("sse_turn_longest_cpu_seconds") > 0);
  CHECK(metrics.at("sse_turn_longest_cpu_seconds") <= metrics.at("sse_turn_cpu_seconds_sum"));
  CHECK(metrics.at("process_open_fds") > 10);
  CHECK(metrics.at("process_resident_memory_bytes") > 1e6);
  CHECK(metrics.at("process_start_time_seconds") > 1.7e9);
  CHECK(metrics.at("sse_http_requests_total{method=\"POST\",route=\"/events\",status=\"201\"}") ==
        1);
  CHECK(metrics.at("sse_http_requests_total{method=\"none\",route=\"none\",status=\"404\"}") == 1);
  CHECK(metrics.at("sse_http_requests_total{method=\"none\",route=\"none\",status=\"400\"}") == 1);
  CHECK(metrics.at("sse_http_request_duration_seconds_count{method=\"GET\","
                   "route=\"/events/watch\"}") == 2);
}

TEST_CASE("Keys that are repeated, and forgotten early, are counted", "[system][operations]") {
  const HubProgram hub({"--max-idempotency-bytes", "16k"});
  const auto post = [&](const std::string& key, const std::string& body) {
    return request(hub.port(), "POST", "/events", body, "Idempotency-Key: " + key + "\r\n").status;
  };
  CHECK(post("first", R"({"data":1})") == 201);
  CHECK(post("first", R"({"data":1})") == 201);
  CHECK(post("first", R"({"data":2})") == 422);
  for (int i = 0; i < 60; ++i) CHECK(post("key" + std::to_string(i), R"({"data":1})") == 201);
  const auto metrics = metrics_of(hub);
  CHECK(metrics.at("sse_idempotency_repeats_total{result=\"replayed\"}") == 1);
  CHECK(metrics.at("sse_idempotency_repeats_total{result=\"mismatch\"}") == 1);
  CHECK(metrics.at("sse_idempotency_repeats_total{result=\"conflict\"}") == 0);
  CHECK(metrics.at("sse_idempotency_bytes") <= 16 * 1024);
  CHECK(metrics.at("sse_idempotency_pushed_out_total") + metrics.at("sse_idempotency_keys") == 61);
  CHECK(metrics.at("sse_idempotency_pushed_out_total") > 0);
}

TEST_CASE("Nothing that a peer asks for makes the metrics longer", "[system][operations]") {
  const HubProgram hub;
  const auto ask_around = [&](int from) {
    for (int i = from; i < from + 50; ++i) {
      const auto n = std::to_string(i);
      request(hub.port(), "GET", "/nothing/" + n);
      request(hub.port(), "BREW" + n, "/events");
      request(hub.port(), "GET", "/metrics/" + n);
      request(hub.port(), "POST", "/events", R"({"type":"t)" + n + R"(","data":1})");
    }
  };
  ask_around(0);
  metrics_of(hub);  // its own series are there from now on
  const auto before = metrics_of(hub).samples.size();
  ask_around(50);
  CHECK(metrics_of(hub).samples.size() == before);
}

TEST_CASE("The page for operators lists every family, and no other",
          "[system][operations][plain]") {
  const TemporaryDirectory directory;
  const bool is_durable = journal::has_durable_journal();  // else without those of a directory
  const std::string tokens = directory.file("tokens.toml");
  std::ofstream(tokens) << "";
  std::filesystem::permissions(tokens, std::filesystem::perms::owner_read);
  std::vector<std::string> options = {"--tokens", tokens, "--admin-from", "127.0.0.1", "--h2c"};
  if (is_durable) options.insert(options.end(), {"--data-dir", directory.file("data")});
  const HubProgram hub(options);
  const auto metrics = metrics_of(hub);
  std::ifstream page(SSE_SOURCE_DIR "/docs/operations.md");
  std::stringstream text;
  text << page.rdbuf();
  const std::string content = text.str();
  std::set<std::string> listed;
  const std::regex row(R"(\n\| `((sse|process)_[a-z0-9_]+))");
  for (auto at = std::sregex_iterator(content.begin(), content.end(), row);
       at != std::sregex_iterator(); ++at) {
    const std::string name = (*at)[1];
    const bool is_of_directory =
        name.starts_with("sse_journal_") || name.starts_with("sse_archive_");
    // tests/tls/protocol_test.py and tests/commands/serve_cluster_test.cc have them
    const bool is_elsewhere = name.starts_with("sse_tls_") || name.starts_with("sse_cluster_");
    if ((is_durable || !is_of_directory) && !is_elsewhere) listed.insert(name);
  }
  CHECK(listed == std::set<std::string>(metrics.families.begin(), metrics.families.end()));
}

TEST_CASE("The open streams are listed, the newest first, over all loops", "[system][operations]") {
  const HubProgram hub({"--threads", "3"});
  std::vector<std::unique_ptr<RawConnection>> streams;
  for (int i = 0; i < 7; ++i) streams.push_back(watch(hub.port()));
  streams.push_back(watch(hub.port(), "?type=a*&topic=x/%23&topic=y"));
  const auto answer = request(hub.port(), "GET", "/-/streams");
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Type") == "application/json");
  const auto listed = json::parse(answer.body);
  CHECK(listed.at("open") == 8);
  REQUIRE(listed.at("streams").size() == 8);
  std::set<int> loops;
  int filtered = 0;
  for (const auto& stream : listed.at("streams")) {
    loops.insert(stream.at("loop").get<int>());
    CHECK(stream.at("peer").get<std::string>().starts_with("127.0.0.1:"));
    CHECK(stream.at("lag_events") == 0);
    CHECK(stream.at("lag_bytes") == 0);
    CHECK(stream.at("sent_bytes") > 50);
    CHECK(stream.at("blocked") == false);
    CHECK(stream.at("age_seconds") < 60);
    if (stream.at("filter").is_null()) continue;
    ++filtered;
    CHECK(stream.at("filter") ==
          json::parse(R"({"types":["a*"],"topics":["x/#","y"],"patterns":3})"));
  }
  CHECK(filtered == 1);
  CHECK(loops.size() == 3);
}

TEST_CASE("Only peers on this machine read them, and none through a proxy that is not named",
          "[system][operations]") {
  const HubProgram hub;
  const HubProgram trusting({"--admin-from", "10.0.0.0/8", "--admin-from", "127.0.0.1"});
  for (const auto* path : {"/-/metrics", "/-/streams"}) {
    for (const auto* field : {"X-Forwarded-For: 10.0.0.1\r\n", "forwarded: for=10.0.0.1\r\n"}) {
      INFO(path << ' ' << field);
      const auto refused = request(hub.port(), "GET", path, {}, field);
      CHECK(refused.status == 403);
      CHECK(json::parse(refused.body).at("error").get<std::string>().find("--admin-from") !=
            std::string::npos);
      CHECK(request(trusting.port(), "GET", path, {}, field).status == 200);
    }
    CHECK(request(hub.port(), "POST", path, "{}").status == 405);
  }
  CHECK(request(hub.port(), "GET", "/-/healthz", {}, "X-Forwarded-For: 1.2.3.4\r\n").status == 200);
}

TEST_CASE("One address has no more streams than --max-per-peer", "[system][operations]") {
  const HubProgram hub({"--max-per-peer", "2", "--max-clients", "3"});
  const auto first = watch(hub.port());
  auto second = watch(hub.port());
  const auto refused = request(hub.port(), "GET", "/events/watch");
  CHECK(refused.status == 503);
  CHECK_FALSE(refused.header("Retry-After").empty());
  CHECK(refused.header("SSE-Refused") == "full");
  CHECK(refused.body.find("--max-per-peer") != std::string::npos);
  const auto polite =
      request(hub.port(), "GET", "/events/watch", {}, "Accept: text/event-stream\r\n");
  CHECK(polite.status == 200);
  CHECK(polite.header("SSE-Refused") == "full");
  CHECK(polite.body.starts_with("retry: "));
  CHECK(metrics_of(hub).at("sse_streams_refused_total{reason=\"peer\"}") == 2);

  second.reset();
  wait_until([&] { return metrics_of(hub).at("sse_streams_open") == 1; }, "the end of a stream");
  CHECK_NOTHROW(watch(hub.port()));
}

TEST_CASE("A page may read why its request was refused", "[system][operations]") {
  const HubProgram hub({"--max-body", "1k"});
  const std::string origin = "Origin: http://localhost:3000\r\n";
  for (const auto& [fields, body, status] : std::vector<std::tuple<std::string, std::string, int>>{
           {"", std::string(2'000, ' '), 413},
           {"Content-Encoding: gzip\r\n", "{}", 415},
           {"Expect: wonders\r\n", "{}", 417}}) {
    const auto answer = request(hub.port(), "POST", "/events", body, fields + origin);
    CHECK(answer.status == status);
    CHECK(answer.header("Access-Control-Allow-Origin") == "http://localhost:3000");
  }
}

}  // namespace
}  // namespace sse::test
