#include "cli/live_values.h"

#include <string_view>
#include <variant>

#include "sse/base/clock.h"
#include "sse/client/fetch.h"
#include "sse/client/metric_names.h"
#include "sse/client/waiter.h"

namespace sse::cli {
namespace {

constexpr std::string_view kStreamPath = "/events/watch";

/// Where the hub of this stream, or of these publications, keeps its metrics.
client::Endpoint metrics_url(const client::Endpoint& hub) {
  std::string path = hub.path();
  if (path.ends_with(kStreamPath)) path.resize(path.size() - kStreamPath.size());
  if (path == "/") path.clear();
  return hub.with_path(path + "/metrics");
}

}  // namespace

std::vector<Candidate> live_metrics(const std::string& url,
                                    const std::vector<client::Header>& headers,
                                    std::chrono::nanoseconds within) {
  const auto hub = client::Endpoint::parse(url);
  if (!hub) return {};
  const SystemClock clock;
  client::PollWaiter waiter(clock);
  client::HttpTransport transport;
  client::StreamRequest request;
  request.url = metrics_url(*hub);
  request.headers = headers;
  request.connect_timeout = within;
  const auto answer = client::fetch(std::move(request), transport, waiter, clock, within);
  const auto* fetched = std::get_if<client::Fetched>(&answer);
  if (fetched == nullptr || fetched->head.status != 200) return {};
  const auto metrics = client::read_metrics(fetched->body);
  if (!metrics) return {};
  std::vector<Candidate> candidates;
  for (const auto& metric : *metrics) candidates.push_back({metric.name, metric.id});
  return candidates;
}

}  // namespace sse::cli
