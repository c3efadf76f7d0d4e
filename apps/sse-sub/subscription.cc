#include "subscription.h"

#include <utility>
#include <variant>

#include "sse/base/escape.h"
#include "sse/base/logging.h"
#include "sse/base/quantities.h"
#include "sse/base/uuid.h"
#include "sse/client/answer.h"
#include "sse/client/backoff.h"
#include "sse/client/fetch.h"
#include "sse/client/hub_json.h"

#include "cli/words.h"
#include "text_forms.h"

namespace sse::sub {
namespace {

using cli::ExitCode;
using client::Endpoint;

constexpr std::string_view kStreamPath = "/events/watch";
/// As of a stream's response: --read-timeout.
constexpr std::chrono::seconds kResponseTimeout{30};

void add_all(std::string_view name, const std::vector<std::string>& values, Endpoint& url) {
  for (const std::string& value : values) url.add_query(name, value);
}

/// Where the hub of this stream keeps its metrics.
Endpoint metrics_url(const Endpoint& stream) {
  const std::string& path = stream.path();
  const bool has_prefix =
      path.size() >= kStreamPath.size() &&
      path.compare(path.size() - kStreamPath.size(), kStreamPath.size(), kStreamPath) == 0;
  return stream.with_path((has_prefix ? path.substr(0, path.size() - kStreamPath.size()) : "") +
                          "/metrics");
}

/// Finds the id of a metric by its name.
class MetricLookup {
 public:
  MetricLookup(const Options& options, client::Transport& transport, Watch& watch,
               const Clock& clock)
      : options_(options), transport_(transport), watch_(watch), clock_(clock) {}

  std::variant<std::string, Failure> find(const Endpoint& metrics, const std::string& name) const {
    Endpoint url = metrics;
    url.add_query("name", name);
    auto found = list(url);
    if (auto* failure = std::get_if<Failure>(&found)) return std::move(*failure);
    const auto& matches = *std::get_if<std::vector<client::KnownMetric>>(&found);
    if (matches.size() == 1) return matches.front().id;
    if (matches.empty()) return Failure{ExitCode::kBadInput, unknown(metrics, name)};
    std::string text =
        "more than one metric is named " + sse::quoted(name) + "; give the id of one:";
    for (const auto& match : matches) text += " " + match.id;
    return Failure{ExitCode::kBadInput, text};
  }

  std::variant<std::vector<client::KnownMetric>, Failure> list(const Endpoint& url) const {
    client::StreamRequest request;
    request.url = url;
    request.headers = options_.fresh_headers ? options_.fresh_headers() : options_.headers;
    request.connect_timeout = options_.connection.connect_timeout;
    auto answer = client::fetch(std::move(request), transport_, watch_, clock_,
                                options_.read_timeout.value_or(kResponseTimeout));
    if (auto* ending = std::get_if<client::Ending>(&answer)) return failure_of(*ending);
    const auto& fetched = *std::get_if<client::Fetched>(&answer);
    if (fetched.head.status != 200) {
      const auto reason = client::reason_of(client::judge(fetched.head, client::Resuming::kNo));
      return failure_of({reason, url.shown() + " answered " + std::to_string(fetched.head.status)});
    }
    auto metrics = client::read_metrics(fetched.body);
    if (!metrics) return Failure{ExitCode::kProtocol, url.shown() + ": " + metrics.error().text};
    return *std::move(metrics);
  }

 private:
  std::string unknown(const Endpoint& metrics, const std::string& name) const {
    std::string text = "no metric is named " + sse::quoted(name);
    const auto all = list(metrics);
    if (const auto* known = std::get_if<std::vector<client::KnownMetric>>(&all)) {
      std::vector<std::string> names;
      for (const auto& metric : *known) names.push_back(metric.name);
      if (const auto near = cli::nearest(name, names); !near.empty()) {
        return text + "; did you mean " + sse::quoted(near) + "?";
      }
    }
    return text + (options_.wait_server ? "" : "; --wait-server waits for it");
  }

  const Options& options_;
  client::Transport& transport_;
  Watch& watch_;
  const Clock& clock_;
};

/// Whether waiting may help: the server may come, or the metric may be created.
bool may_pass(const Failure& failure) {
  return failure.code == ExitCode::kNoHost || failure.code == ExitCode::kUnavailable ||
         failure.code == ExitCode::kTryLater || failure.code == ExitCode::kBadInput;
}

Result<Endpoint> plain_url(const Options& options) {
  Endpoint url = SSE_TRY(Endpoint::parse(options.url));
  if (!url.has_path()) {
    const std::string query = url.query();
    url = *url.resolve(std::string(kStreamPath) + (query.empty() ? "" : "?" + query));
  }
  return url;
}

/// Where to start without a position. For the last N that match, all are read from there on, since
/// only here it is known what matches; unless everything does.
std::string start_of(const Options& options) {
  if (!options.last) return options.since.value_or("");
  if (*options.last == 0) return "latest";
  const bool all_match = options.types.empty() && options.topics.empty() &&
                         options.metrics.empty() && options.selection.is_empty();
  if (all_match && !options.since) return "-" + std::to_string(*options.last);
  return options.since.value_or("earliest");
}

}  // namespace

Failure failure_of(const client::Ending& ending) {
  using Reason = client::Ending::Reason;
  switch (ending.reason) {
    case Reason::kListener:
    case Reason::kInterrupted:
      return {};
    case Reason::kStop:
      return {ExitCode::kDone, ending.text + ": the server wants no more of us"};
    case Reason::kUnresolved:
      return {ExitCode::kNoHost, ending.text};
    case Reason::kStreamEnded:
    case Reason::kUnreachable:
    case Reason::kUnavailable:
      return {ExitCode::kUnavailable, ending.text};
    case Reason::kBusy:
      return {ExitCode::kTryLater, ending.text};
    case Reason::kForbidden:
      return {ExitCode::kNotAllowed, ending.text};
    case Reason::kInvalid:
      return {ExitCode::kBadInput, ending.text};
    case Reason::kNotTrusted:
    case Reason::kNotAnEventStream:
      break;
  }
  return {ExitCode::kProtocol, ending.text};
}

Result<Endpoint> subscription_of(const Options& options) {
  Endpoint url = SSE_TRY(plain_url(options));
  add_all("type", options.types, url);
  add_all("topic", options.topics, url);
  add_all("metric", options.metrics, url);
  add_all("until_type", options.until_types, url);
  return url;
}

Result<std::vector<client::KnownMetric>> list_metrics(const Options& options,
                                                      client::Transport& transport, Watch& watch,
                                                      const Clock& clock) {
  const auto url = SSE_TRY(plain_url(options));
  auto listed = MetricLookup(options, transport, watch, clock).list(metrics_url(url));
  if (const auto* failure = std::get_if<Failure>(&listed)) {
    return Error{ErrorCode::kUnavailable, failure->text};
  }
  return std::move(*std::get_if<std::vector<client::KnownMetric>>(&listed));
}

std::optional<Failure> find_metrics(const Options& options, client::Transport& transport,
                                    Watch& watch, const Clock& clock, RandomSource& random,
                                    MetricNames& names) {
  const auto url = plain_url(options);
  if (!url) return Failure{ExitCode::kUsage, url.error().text};
  const MetricLookup lookup(options, transport, watch, clock);
  client::Backoff backoff({options.retry_min, options.retry_max}, random);
  const BootTime start = clock.now().boot;
  for (std::size_t i = 0; i < options.metrics.size();) {
    const std::string& metric = options.metrics[i];
    if (parse_uuid(metric)) {
      ++i;
      continue;
    }
    auto found = lookup.find(metrics_url(*url), metric);
    if (const auto* id = std::get_if<std::string>(&found)) {
      names.found(metric, *id);
      ++i;
      continue;
    }
    const auto& failure = *std::get_if<Failure>(&found);
    const bool waits = options.wait_server && clock.now().boot - start < *options.wait_server;
    if (!waits || !may_pass(failure)) return failure;
    const auto pause = backoff.next(std::chrono::nanoseconds(0));
    log_line(LogLevel::kInfo, failure.text + "; trying again in " + in_seconds(pause));
    if (watch.wait(-1, clock.now().boot + pause) == Watch::Woke::kInterrupted) return Failure{};
  }
  return std::nullopt;
}

Result<Endpoint> stream_url(const Options& options, MetricNames& names) {
  Endpoint url = SSE_TRY(plain_url(options));
  names.add_to(url);
  if (const std::string start = start_of(options); !start.empty()) url.add_query("since", start);
  if (options.every) url.add_query("every", *options.every);
  return url;
}

}  // namespace sse::sub
