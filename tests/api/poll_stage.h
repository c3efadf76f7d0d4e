#pragma once

/// \file
/// Polls on a hub in memory: tests of them are three lines.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "sse/api/poll_route.h"
#include "sse/http/connection_set.h"
#include "sse/metrics/metric_events.h"

#include "support/catch.h"
#include "support/hub_stage.h"

namespace sse::api {

/// The head of a poll for this query.
inline std::string get(const std::string& query, const std::string& method = "GET") {
  return method + " /events" + (query.empty() ? "" : "?" + query) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

/// A hub and its polls on one hand-turned loop, with real connections on sockets in memory.
struct PollStage : test::HubStage {
  explicit PollStage(log::EventLog::Options log = {},
                     const MakeJournal& make_journal = make_memory_journal)
      : HubStage({}, log, make_journal) {
    route.add_to(router);
  }
  ~PollStage() { set.reset(); }  // connections end before the peers

  test::Peer& connect(std::string of = "unix") {
    if (!set)
      set.emplace(loop(), *(state = std::make_unique<http::ServerState>(
                                clock, router, http::ServerOptions{}, http::ServerHooks{})));
    test::Peer& peer = peers.emplace_back();
    peer.set_address(std::move(of));
    set->count_dealt();
    set->adopt(std::make_unique<test::MemorySocket>(peer));
    return peer;
  }

  /// The answer to a poll that does not wait, or has waited long enough.
  nlohmann::json ask(const std::string& query) {
    test::Peer& peer = connect();
    peer.send(get(query));
    settle();
    return answer_of(peer);
  }

  static nlohmann::json answer_of(test::Peer& peer) {
    const std::string received = peer.take();
    CAPTURE(received.substr(0, 500));
    REQUIRE(received.find("HTTP/1.1 200 OK\r\n") == 0);
    CHECK(received.find("Cache-Control: no-store\r\n") != std::string::npos);
    std::string body = received.substr(received.find("\r\n\r\n") + 4);
    if (received.find("Transfer-Encoding: chunked\r\n") != std::string::npos) body = unchunk(body);
    return nlohmann::json::parse(body);
  }

  static std::string unchunk(const std::string& body) {
    std::string text;
    for (std::size_t at = 0; at < body.size();) {
      const auto size = std::stoul(body.substr(at, 8), nullptr, 16);
      const auto begin = body.find("\r\n", at) + 2;
      text += body.substr(begin, size);
      at = begin + size + 2;
    }
    return text;
  }

  static std::vector<std::string> data_of(const nlohmann::json& answer) {
    std::vector<std::string> texts;
    for (const auto& event : answer.at("events")) texts.push_back(event.at("data"));
    return texts;
  }

  const TopicParameters parameters{{"metric", metrics::topic_of_metric}};
  PollRoute route{*hub, clock, parameters};
  http::Router router;
  std::unique_ptr<http::ServerState> state;
  std::optional<http::ConnectionSet> set;
};

inline std::string id_text(const wire::EventId& id) {
  return to_string(id);
}

}  // namespace sse::api
