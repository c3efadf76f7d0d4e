#pragma once

/// \file
/// A whole hub that asks for credentials, on a loop turned by hand.

#include <memory>
#include <string>
#include <string_view>

#include "sse/auth/authenticator.h"
#include "sse/auth/sha256.h"

#include "support/catch.h"
#include "support/chunked.h"
#include "support/memory_hub.h"

namespace sse::server {

using Catch::Contains;
using Catch::Matches;
using test::MemoryHub;
using test::Peer;

inline const std::string kSecret(43, 'A');

inline std::string token_of(const std::string& id) {
  return "sse_" + id + "_" + kSecret;
}

/// A row of a token file; `rights`: lines of it.
inline std::string row(const std::string& id, const std::string& rights) {
  return "[[token]]\nid = \"" + id + "\"\nsha256 = \"" +
         auth::to_hex(auth::sha256_of(token_of(id))) + "\"\n" + rights + "\n";
}

inline const std::string kTokens =
    row("ci", "publish = [\"ci/#\"]\nsubscribe = [\"ci/#\"]") +
    row("all", "publish = [\"#\"]\nsubscribe = [\"#\"]\npermissions = [\"delete\"]") +
    row("none", "subscribe = []") + row("watcher", "permissions = [\"observe\"]") +
    row("boss", "permissions = [\"admin\"]\nsubscribe = [\"#\"]") +
    row("soon", "subscribe = [\"ci/#\"]\nexpires = 2027-01-15T08:01:00Z") +
    row("cpu", "publish = [\"metric:cpu*\"]\nsubscribe = [\"metric:cpu*\"]");

inline std::shared_ptr<const auth::Credentials> credentials(const std::string& tokens,
                                                            const std::string& revoked = "") {
  auto file = auth::TokenFile::parse(tokens, "tokens.toml");
  if (!file) FAIL(file.error().text);
  auto revocations = auth::Revocations::parse(revoked, "revoked");
  auto made = auth::Credentials::make(*file, auth::JwsVerifier::make({}).value(), {},
                                      *std::move(revocations));
  return *std::move(made);
}

inline MemoryHub::Options with(const std::string& tokens) {
  MemoryHub::Options options;
  options.credentials = credentials(tokens);
  return options;
}

/// A hub, and requests of one token each: an id, or nothing.
struct Stage {
  explicit Stage(const std::string& tokens = kTokens) : Stage(with(tokens)) {}
  explicit Stage(const MemoryHub::Options& options) : hub(options) {}

  Peer& send(const std::string& line, const std::string& id, const std::string& body = "",
             const std::string& fields = "") {
    Peer& peer = hub.connect();
    peer.send(line + " HTTP/1.1\r\nHost: localhost\r\n" +
              (id.empty() ? "" : "Authorization: Bearer " + token_of(id) + "\r\n") + fields +
              (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") +
              "\r\n" + body);
    hub.settle();
    return peer;
  }
  std::string ask(const std::string& line, const std::string& id, const std::string& body = "",
                  const std::string& fields = "") {
    return send(line, id, body, fields).received();
  }
  int status(const std::string& line, const std::string& id, const std::string& body = "") {
    const std::string answer = ask(line, id, body);
    return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
  }
  void publish(const std::string& topic, const std::string& data) {
    REQUIRE(hub.hub.publisher().publish({"", topic, data}));
    hub.settle();
  }
  std::string create_metric(const std::string& name) {
    const std::string answer = ask("POST /metrics", "all", R"({"name":")" + name + R"("})");
    REQUIRE_THAT(answer, Contains(" 201 "));
    const auto at = answer.find(R"("id":")");
    return answer.substr(at + 6, 36);
  }

  MemoryHub hub;
};

inline bool was_told(const Peer& peer, const std::string& reason) {
  return test::read_stream(peer.received()).text.find(R"({"reason":")" + reason + '"') !=
         std::string::npos;
}

}  // namespace sse::server
