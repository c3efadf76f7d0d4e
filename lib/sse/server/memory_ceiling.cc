#include "sse/server/memory_ceiling.h"

#include <array>
#include <cstdio>
#include <numeric>

#include "sse/auth/authenticator.h"
#include "sse/auth/verified_tokens.h"
#include "sse/http/connection_count.h"
#include "sse/http/deflater.h"
#include "sse/hub/options.h"
#include "sse/log/append.h"
#include "sse/log/search.h"
#include "sse/log/selection.h"
#include "sse/net/tls_socket.h"

namespace sse::server {
namespace {

constexpr std::size_t kKib = 1024;
constexpr std::size_t kMib = 1024 * kKib;

static_assert(http::Deflater::kBytes == 96 * kKib, "docs/performance.md says so");

constexpr std::size_t kSearches = log::Search::kMostSelections * log::Selection::kMostBytes;
static_assert(kSearches == 22 * kMib, "docs/performance.md says so");

// SQLite's cache (8 MiB), and what is encoded for one commit and looked through beside it.
constexpr std::size_t kDatabase = 24 * kMib;

// Entries of the stream that came in one reply, as bytes and as a reply, and are looked through.
constexpr std::size_t kCluster = 48 * kMib;

// Four batches at work on a loop are encoded, each to its end: for each of its items a record and
// the framing of an event, and what stands in the body, at most seven times as long (`data: `
// before each line end).
constexpr std::size_t kDrafts = 4;
constexpr std::size_t kItems = 65'536 * 192;
constexpr std::size_t kLongest = 7;
static_assert(sizeof(log::AppendItem) <= 136 && kDrafts * kItems == 48 * kMib &&
                  kDrafts * kLongest == 28,
              "docs/performance.md says so");
// Parts of the history that are being read, and those that are sent while others take their place.
constexpr std::size_t kPartsInUse = 8 * kMib;

// Verified tokens, and a bucket (auth::RateBuckets) with its key of at most 65 bytes.
constexpr std::size_t kBucket = 256;
constexpr std::size_t kFailures = auth::AuthenticatorOptions().max_peer_groups * kBucket;
static_assert(auth::VerifiedTokens::kMostBytes == 16 * kMib && kFailures == 10'000 * kBucket,
              "docs/performance.md says so");

// OpenSSL's own 14 KiB, a record that is not whole (17 KiB), what was sealed and not taken.
constexpr std::size_t kTlsConnection = 72 * kKib;
static_assert(14 * kKib + 17 * kKib + net::TlsSocket::kMostSealed <= kTlsConnection);

// Beside that, of a handshake under way: its keys and hashes, and a message of at most 16 KiB.
constexpr std::size_t kHandshake = 64 * kKib;

// A chain of 16 KiB, as it came and as it was parsed: kept as long as its connection.
constexpr std::size_t kClientChain = 48 * kKib;

bool has_rates(const EventServerOptions& options) {
  return !options.auth.is_empty() || options.rates.publish || options.rates.open ||
         options.max_per_token > 0;
}

std::size_t most_streams(const EventServerOptions& options) {
  return options.hub.max_clients + options.threads * hub::kMostLingering;
}

}  // namespace

MemoryCeiling::MemoryCeiling(const EventServerOptions& options)
    : parts_{
          {"program", "16 MiB", 16 * kMib},
          {"log", "--max-log-bytes", options.log.retention.max_bytes},
          {"loops", "--threads x 2 MiB", options.threads * 2 * kMib},
          {"compression", "--threads x 96 KiB", options.threads * http::Deflater::kBytes},
          {"streams", "(--max-clients + --threads x 256) x 1 KiB", most_streams(options) * kKib},
          {"filters", "--max-filter-bytes", hub::most_filter_bytes(options.hub)},
          {"searches", "22 MiB", kSearches},
          {"connections", "(--max-connections x 9/8 + 32) x 20 KiB",
           http::ConnectionCount::most(options.http.max_connections) * 20 * kKib},
          {"requests", "--max-http-bytes", options.http.max_http_bytes},
          {"bodies", "--threads x (8 MiB + 8 x --max-body)",
           options.threads * (8 * kMib + 8 * options.http.max_body)},
          {"keys", "--max-idempotency-bytes", options.idempotency.max_bytes},
          {"metrics", "--max-metrics x 1 KiB", options.rows.rows * kKib},
          {"readings", "--max-readings x 42", options.rows.all_series * 42},
      } {
  if (options.http.h2c || options.tls.is_on()) {
    parts_.push_back(
        {"http2", "(--max-connections x 9/8 + 32 + --max-clients) x 80 KiB",
         (http::ConnectionCount::most(options.http.max_connections) + options.hub.max_clients) *
             80 * kKib});
  }
  if (options.tls.is_on()) {
    const std::size_t connections =
        most_streams(options) + http::ConnectionCount::most(options.http.max_connections);
    if (!options.tls.client_ca.empty()) {
      parts_.push_back({"chains",
                        "(--max-clients + --threads x 256 + --max-connections x 9/8 + 32) x 48 KiB",
                        connections * kClientChain});
    }
    parts_.push_back({"tls",
                      "(--max-clients + --threads x 256 + --max-connections x 9/8 + 32) x 72 KiB "
                      "+ --max-handshakes x 64 KiB",
                      connections * kTlsConnection + options.http.max_handshakes * kHandshake});
  }
  if (has_rates(options)) {
    parts_.push_back({"rates", "200,000 x 256", 2 * options.rates.max_buckets * kBucket});
  }
  if (!options.auth.is_empty()) {
    parts_.push_back({"tokens", "16 MiB", auth::VerifiedTokens::kMostBytes});
    parts_.push_back({"failures", "10,000 x 256", kFailures});
    parts_.push_back(
        {"owners", "(--max-clients + --threads x 256) x 1 KiB", most_streams(options) * kKib});
    parts_.push_back({"tickets", "--max-tickets x 8 KiB", options.tickets.most * 8 * kKib});
    parts_.push_back({"cuts", "(--max-connections x 9/8 + 32) x 20 KiB",
                      http::ConnectionCount::most(options.http.max_connections) * 20 * kKib});
  }
  if (!options.cluster.url.empty()) {
    parts_.push_back({"pending", "--max-pending x 2", 2 * options.durable.max_pending});
    parts_.push_back({"cluster", "48 MiB", kCluster});
  }
  const bool answers_later = !options.durable.directory.empty() || !options.cluster.url.empty();
  if (answers_later) {
    parts_.push_back({"drafts", "--threads x (48 MiB + 28 x --max-body)",
                      options.threads * kDrafts * (kItems + kLongest * options.http.max_body)});
  }
  if (answers_later) {
    parts_.push_back({"history", "--history-cache + 8 MiB", options.history_cache + kPartsInUse});
  }
  if (options.durable.directory.empty()) return;
  parts_.push_back({"pending", "--max-pending", options.durable.max_pending});
  parts_.push_back({"database", "24 MiB", kDatabase});
  parts_.push_back({"rows", "--max-metrics x 1 KiB", options.rows.rows * kKib});
}

std::size_t MemoryCeiling::bytes() const {
  return std::accumulate(parts_.begin(), parts_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& part) { return sum + part.bytes; });
}

std::string mebibytes(std::size_t bytes) {
  std::array<char, 40> text;
  const int size = std::snprintf(text.data(), text.size(), "%.1f MiB",
                                 static_cast<double>(bytes) / static_cast<double>(kMib));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace sse::server
