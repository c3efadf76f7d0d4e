#pragma once

/// \file
/// A hub, a clock and a listener in one script: what each connection gets, in order, and a diary of
/// what the EventSource did. Nothing waits: the clock jumps.

#include <chrono>
#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sse/base/quantities.h"
#include "sse/client/event_source.h"

#include "support/fixed_random.h"
#include "support/manual_clock.h"

namespace sse::test {

struct Silence {
  std::chrono::nanoseconds lasts;
};

/// What one connection gets: a head, then bytes and silences, then its end.
struct Connection {
  client::ResponseHead head;
  std::vector<std::variant<std::string, Silence>> steps;
  client::ExchangeEnd end{client::ExchangeEnd::Kind::kClosed, "the server ended the stream"};
};

inline Connection stream(std::string bytes, std::vector<client::Header> headers = {}) {
  headers.push_back({"Content-Type", "text/event-stream"});
  return {{200, std::move(headers)}, {std::move(bytes)}};
}

inline Connection answer(int status, std::vector<client::Header> headers = {}) {
  return {{status, std::move(headers)}, {}};
}

inline Connection no_connection(client::ExchangeEnd::Kind kind) {
  return {{}, {}, {kind, "no connection"}};
}

class ScriptedStream final : public client::Transport,
                             public client::Waiter,
                             public client::EventSourceListener {
 public:
  ScriptedStream() {
    options.url = *client::Endpoint::parse("http://hub:1/watch");
    options.reconnect = true;
  }

  /// Runs to its end; a script that runs out interrupts.
  client::Ending::Reason run(std::deque<Connection> script) {
    script_ = std::move(script);
    client::EventSource source(options, *this, *this, clock, random_, *this);
    ending = source.run();
    return ending.reason;
  }

  std::unique_ptr<client::Exchange> open(client::StreamRequest request) override {
    std::string line = "GET " + request.url.url();
    for (const auto& header : request.headers) {
      if (header.name != "Accept" && header.name != "Cache-Control") {
        line += " " + header.name + ":" + header.value;
      }
    }
    diary.push_back(line);
    Connection connection;
    if (script_.empty()) {
      connection.steps.emplace_back(Silence{std::chrono::hours(1000)});
    } else {
      connection = std::move(script_.front());
      script_.pop_front();
    }
    return std::make_unique<ScriptedExchange>(*this, std::move(connection));
  }

  Woke wait(int fd, std::optional<BootTime> deadline) override {
    const BootTime now = clock.now().boot;
    if (fd < 0) {
      if (script_.empty()) return Woke::kInterrupted;
      clock.advance(*deadline - now);
      return Woke::kDeadline;
    }
    auto& steps = current_->connection_.steps;
    if (steps.empty() || !std::holds_alternative<Silence>(steps.front())) return Woke::kReady;
    const auto lasts = std::get<Silence>(steps.front()).lasts;
    if (deadline && now + lasts >= *deadline) {
      clock.advance(*deadline - now);
      return Woke::kDeadline;
    }
    if (script_.empty() && lasts >= std::chrono::hours(1000)) return Woke::kInterrupted;
    clock.advance(lasts);
    steps.erase(steps.begin());
    return wait(fd, deadline);
  }

  bool on_open(const client::ResponseHead&) override { return enough_after != 0; }
  bool on_event(wire::ReceivedEvent& event) override {
    diary.push_back("event " + event.data);
    return --enough_after != 0;
  }
  void on_id(std::string_view id) override { diary.push_back("id " + std::string(id)); }
  bool on_gap(const client::Gap& gap) override {
    diary.push_back("gap " + gap.requested + " " + gap.reason + " " +
                    (gap.missed ? std::to_string(*gap.missed) : "unknown"));
    return true;
  }
  void on_closing(std::string_view reason) override {
    diary.push_back("closing " + std::string(reason));
  }
  void on_retry(const client::Ending&, std::chrono::nanoseconds wait) override {
    // The fixed jitter is a few nanoseconds.
    diary.push_back("wait " + format_duration(std::chrono::floor<std::chrono::milliseconds>(wait)));
  }

  ManualClock clock;
  client::EventSourceOptions options;
  std::vector<std::string> diary;
  client::Ending ending;
  int enough_after = -1;  ///< events; 0 is enough when the stream is open

 private:
  class ScriptedExchange final : public client::Exchange {
   public:
    ScriptedExchange(ScriptedStream& owner, Connection connection)
        : connection_(std::move(connection)) {
      owner.current_ = this;
    }
    int ready_fd() const override { return 0; }
    Arrived take() override {
      Arrived arrived;
      if (connection_.head.status != 0 && !std::exchange(head_taken_, true)) {
        arrived.head = &connection_.head;
        return arrived;
      }
      if (!connection_.steps.empty() &&
          std::holds_alternative<std::string>(connection_.steps.front())) {
        taken_ = std::get<std::string>(std::move(connection_.steps.front()));
        connection_.steps.erase(connection_.steps.begin());
        arrived.bytes = taken_;
      } else if (connection_.steps.empty()) {
        arrived.end = connection_.end;
      }
      return arrived;
    }

    Connection connection_;

   private:
    std::string taken_;
    bool head_taken_ = false;
  };

  std::deque<Connection> script_;
  FixedRandom random_;
  ScriptedExchange* current_ = nullptr;
};

}  // namespace sse::test
