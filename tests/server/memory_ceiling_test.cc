#include "sse/server/memory_ceiling.h"

#include <fstream>
#include <sstream>
#include <string>

#include "support/catch.h"

namespace sse::server {
namespace {

constexpr std::size_t kKib = 1024;
constexpr std::size_t kMib = 1024 * kKib;

TEST_CASE("The ceiling is what its flags add up to", "[server][memory]") {
  EventServerOptions options;
  options.threads = 2;
  options.log.retention.max_bytes = 64 * kMib;
  options.hub.max_clients = 1'000;
  options.hub.max_filter_bytes = 5 * kMib;
  options.http.max_connections = 800;
  options.http.max_http_bytes = 30 * kMib;
  options.http.max_body = 3 * kMib;
  options.idempotency.max_bytes = 7 * kMib;
  options.rows.rows = 100;
  options.rows.all_series = 1'000;
  const std::size_t compression = 2 * 96 * kKib;
  const std::size_t streams = (1'000 + 512) * kKib;
  const std::size_t connections = (800 + 100 + 32) * 20 * kKib;
  const std::size_t kept = 100 * kKib + 42'000;
  CHECK(MemoryCeiling(options).bytes() ==
        (16 + 64 + 4 + 5 + 22 + 30 + 64 + 7) * kMib + compression + streams + connections + kept);
}

TEST_CASE("More of each flag makes the ceiling higher", "[server][memory]") {
  const EventServerOptions standard;
  const auto ceiling = MemoryCeiling(standard).bytes();
  const auto is_higher = [&](auto change) {
    EventServerOptions more = standard;
    change(more);
    return MemoryCeiling(more).bytes() > ceiling;
  };
  CHECK(is_higher([](auto& o) { ++o.threads; }));
  CHECK(is_higher([](auto& o) { ++o.log.retention.max_bytes; }));
  CHECK(is_higher([](auto& o) { ++o.hub.max_clients; }));
  CHECK(is_higher([](auto& o) { o.hub.max_filter_bytes = 1024 * kMib; }));
  CHECK(is_higher([](auto& o) { ++o.http.max_connections; }));
  CHECK(is_higher([](auto& o) { ++o.http.max_http_bytes; }));
  CHECK(is_higher([](auto& o) { ++o.http.max_body; }));
  CHECK(is_higher([](auto& o) { ++o.idempotency.max_bytes; }));
  CHECK(is_higher([](auto& o) { ++o.rows.rows; }));
  CHECK(is_higher([](auto& o) { ++o.rows.all_series; }));
  CHECK(is_higher([](auto& o) { o.rates.open = 1; }));
  CHECK(is_higher([](auto& o) { o.http.h2c = true; }));
  CHECK(is_higher([](auto& o) { o.auth.tokens = "tokens.toml"; }));
  CHECK(is_higher([](auto& o) { o.tls.certificate = "hub.pem"; }));
  CHECK(is_higher([](auto& o) {
    o.tls.certificate = "hub.pem";
    o.http.max_handshakes = 100'000;
  }));
  EventServerOptions asking = standard;
  asking.auth.keys = {"keys.json"};
  const auto with_credentials = MemoryCeiling(asking).bytes();
  ++asking.tickets.most;
  CHECK(MemoryCeiling(asking).bytes() == with_credentials + 8 * kKib);
}

TEST_CASE("The documented formula is the one that is computed", "[server][memory]") {
  std::ifstream file(SSE_DOCS "/performance.md");
  std::stringstream page;
  page << file.rdbuf();
  EventServerOptions options;
  options.threads = 4;
  const MemoryCeiling ceiling(options);
  for (const auto& part : ceiling.parts()) {
    const auto row = "| " + std::string(part.name) + " | `" + std::string(part.formula) + "` | ";
    CAPTURE(row);
    CHECK(page.str().find(row) != std::string::npos);
  }
  EventServerOptions asking = options;
  asking.auth.tokens = "tokens.toml";
  const MemoryCeiling with_credentials(asking);
  for (const auto& part : with_credentials.parts()) {
    const auto row = "| " + std::string(part.name) + " | `" + std::string(part.formula) + "` | ";
    CAPTURE(row);
    CHECK(page.str().find(row) != std::string::npos);
  }
  const auto more = mebibytes(with_credentials.bytes() - ceiling.bytes()) + " more";
  CAPTURE(more);
  CHECK(page.str().find(more) != std::string::npos);
  EventServerOptions framing = options;
  framing.http.h2c = true;
  const MemoryCeiling with_h2c(framing);
  for (const auto& part : with_h2c.parts()) {
    const auto row = "| " + std::string(part.name) + " | `" + std::string(part.formula) + "` | ";
    CAPTURE(row);
    CHECK(page.str().find(row) != std::string::npos);
  }
  const auto of_h2c = "`--h2c` adds at most " + mebibytes(with_h2c.bytes() - ceiling.bytes()) + ".";
  CAPTURE(of_h2c);
  CHECK(page.str().find(of_h2c) != std::string::npos);
  EventServerOptions secure = options;
  secure.tls.certificate = "hub.pem";
  const auto tls = MemoryCeiling(secure).parts().back();
  const auto tls_row = "| tls | `" + std::string(tls.formula) + "` | ";
  CHECK(page.str().find(tls_row) != std::string::npos);
  secure.tls.client_ca = "clients.pem";
  const MemoryCeiling with_clients(secure);
  for (const auto& part : with_clients.parts()) {
    const auto row = "| " + std::string(part.name) + " | `" + std::string(part.formula) + "` | ";
    CAPTURE(row);
    CHECK(page.str().find(row) != std::string::npos);
  }
  CHECK(page.str().find("speaks TLS at most " + mebibytes(tls.bytes) + ".") != std::string::npos);
  auto sharing = options;
  sharing.cluster.url = "redis://127.0.0.1";
  const MemoryCeiling shared(sharing);
  for (const auto& part : shared.parts()) {
    const auto row = "| " + std::string(part.name) + " | ";
    CAPTURE(row);
    CHECK(page.str().find(row) != std::string::npos);
  }
  options.durable.directory = "/var/lib/sse";
  const MemoryCeiling with_directory(options);
  CHECK(with_directory.bytes() >
        ceiling.bytes() + options.durable.max_pending + options.history_cache);
  for (const auto& part : with_directory.parts()) {
    const auto row = "| " + std::string(part.name) + " | `" + std::string(part.formula) + "` | ";
    CAPTURE(row);
    CHECK(page.str().find(row) != std::string::npos);
  }
  const auto kept = "and " + mebibytes(with_directory.bytes()) + " with `--data-dir`";
  CAPTURE(kept);
  CHECK(page.str().find(kept) != std::string::npos);
  const auto sum = "four loops that is " + mebibytes(ceiling.bytes());
  CAPTURE(sum);
  CHECK(page.str().find(sum) != std::string::npos);
}

TEST_CASE("Sizes are written in MiB", "[server][memory]") {
  CHECK(mebibytes(0) == "0.0 MiB");
  CHECK(mebibytes(1536 * kKib) == "1.5 MiB");
}

}  // namespace
}  // namespace sse::server
