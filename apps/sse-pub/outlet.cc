#include "outlet.h"

#include <iterator>

#include "commands.h"

namespace sse::pub {
namespace {

using client::PublishError;
using Kind = PublishError::Kind;

std::string_view path_of(Item::Kind kind) {
  return kind == Item::Kind::kReading ? "/metrics/readings" : "/events";
}

/// The first `lines` of `body`.
std::string_view first_lines(std::string_view body, std::size_t lines) {
  std::size_t end = 0;
  for (; lines > 0; --lines) end = body.find('\n', end) + 1;
  return body.substr(0, end);
}

}  // namespace

Outcome HubOutlet::send(Item::Kind kind, std::string_view body, std::size_t items,
                        const BatchKey& key) {
  auto results =
      client_.publish_lines(path_of(kind), std::string(body), items, key.text, key.sent_since);
  if (results) return {*std::move(results), std::nullopt};
  const PublishError& error = results.error();
  if (error.kind != Kind::kTooLarge) return {{}, error};
  if (items > 1) return send_halves(kind, body, items, key);
  return {{client::ItemResult{"", error.text}}, std::nullopt};
}

Outcome HubOutlet::send_halves(Item::Kind kind, std::string_view body, std::size_t items,
                               const BatchKey& key) {
  const std::size_t half = items / 2;
  const std::string_view first = first_lines(body, half);
  const auto key_of = [&](const char* part) {
    return key.text.empty() ? key : BatchKey{key.text + part, key.sent_since};
  };
  Outcome outcome = send(kind, first, half, key_of(".1"));
  if (outcome.failure) return outcome;
  Outcome rest = send(kind, body.substr(first.size()), items - half, key_of(".2"));
  std::move(rest.results.begin(), rest.results.end(), std::back_inserter(outcome.results));
  outcome.failure = std::move(rest.failure);
  return outcome;
}

Outcome ScriptOutlet::send(Item::Kind kind, std::string_view body, std::size_t items,
                           const BatchKey& /*key*/) {
  print(script_.request(path_of(kind), "application/x-ndjson", std::string(body)));
  return {std::vector<client::ItemResult>(items), std::nullopt};
}

}  // namespace sse::pub
