#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <httplib.h>

#include "sse/http/connection_set.h"

#include "support/catch.h"
#include "support/manual_clock.h"
#include "support/memory_socket.h"

namespace sse::http {

using test::Peer;

/// Whether `part` stands somewhere in `text`.
inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// One loop with its connections, on sockets without a kernel.
struct Site {
  explicit Site(ServerOptions given = {}) : options(given) {
    auto opened = net::Loop::open(clock);
    REQUIRE(opened);
    loop = std::move(opened).value();
    router.add("GET", "/hello", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("hello", "text/plain");
    });
    router.add("POST", "/echo", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.body, "text/plain");
    });
    router.add("GET", "/broken", [](const httplib::Request&, httplib::Response&) {
      throw std::runtime_error("out of luck");
    });
    router.add("GET", "/counted", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content_provider(size_t{1} << 20U, "text/plain",
                                    [this](size_t offset, size_t length, auto& sink) {
                                      given_bytes = offset + length;
                                      const std::string piece(length, 'x');
                                      return sink.write(piece.data(), piece.size());
                                    });
    });
    router.add("GET", "/parts", [](const httplib::Request&, httplib::Response& response) {
      response.set_chunked_content_provider("text/plain", [](size_t offset, auto& sink) {
        if (offset < 6) return sink.write("abc", 3);
        sink.done();
        return true;
      });
    });
    router.add("GET", "/stream", [this](Call& call) {
      call.response().fields.set("Content-Type", "text/event-stream");
      stream = call.start_stream();
    });
    hooks.observe = [this](const Answered& answered) {
      observed.push_back(std::string(answered.method) + " " + std::string(answered.route) + " " +
                         std::to_string(answered.status) + (answered.whole ? "" : " cut"));
    };
  }

  ConnectionSet& set() {
    if (!made) {
      state.emplace(clock, router, options, hooks);
      made.emplace(*loop, *state);
    }
    return *made;
  }

  Peer& connect(std::string address = "unix", Entrance entrance = Entrance::kMain) {
    Peer& peer = peers.emplace_back();
    peer.set_address(std::move(address));
    set().count_dealt();
    set().adopt(std::make_unique<test::MemorySocket>(peer), entrance);
    return peer;
  }

  /// What a fresh connection answers to `bytes`.
  std::string ask(std::string_view bytes) {
    Peer& peer = connect();
    peer.send(bytes);
    peer.finish();
    turns();
    return peer.take();
  }

  void turn() { loop->turn(); }
  /// As many as anything here takes, but for what waits.
  void turns() {
    for (int i = 0; i < 100; ++i) turn();
  }
  void pass(std::chrono::nanoseconds time) {
    clock.advance(time);
    loop->turn();
  }

  std::deque<Peer> peers;  // they outlive the sockets
  test::ManualClock clock;
  std::unique_ptr<net::Loop> loop;
  Router router;
  ServerOptions options;
  ServerHooks hooks;
  std::vector<std::string> observed;
  std::unique_ptr<net::Socket> stream;
  std::size_t given_bytes = 0;
  std::optional<ServerState> state;
  std::optional<ConnectionSet> made;
};

}  // namespace sse::http
