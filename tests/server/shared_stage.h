#pragma once

/// \file
/// Two hubs that share tickets and sessions, over an engine that a test carries out by hand.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/server/shared_tickets.h"

#include "server/access_stage.h"

namespace sse::server {

using journal::SharedTicket;

/// What redis/tickets.lua does, as far as these tests go. Times are those of the first hub.
struct Engine {
  std::map<std::string, SharedTicket> tickets;
  std::vector<std::string> changes;
  std::deque<std::function<void()>> calls;
  bool is_up = true;
  bool is_late = false;  // what is given up is carried out all the same

  void carry_out() {
    while (is_up && !calls.empty()) {
      const auto call = std::move(calls.front());
      calls.pop_front();
      call();
    }
  }
  /// As after the time that a call may take.
  void give_up() {
    is_up = false;
    for (const auto& call : std::exchange(calls, {})) call();
  }
};

class FakeTickets final : public journal::ClusterTickets {
 public:
  explicit FakeTickets(Engine& engine) : engine_(engine) {}

  void add(SharedTicket ticket, journal::SharedTicketLimits, Done<std::size_t> done) override {
    ask<std::size_t>(std::move(done), [this, ticket] {
      engine_.tickets[ticket.hash] = ticket;
      return std::size_t{0};
    });
  }
  void find(std::string hash, Done<MayBeTicket> done) override {
    ask<MayBeTicket>(std::move(done), [this, hash]() -> MayBeTicket {
      const auto found = engine_.tickets.find(hash);
      return found == engine_.tickets.end() ? MayBeTicket() : found->second;
    });
  }
  void take(std::string hash, std::string cookie, std::vector<Cookie> others,
            Done<MayBeNumbers> done) override {
    ask<MayBeNumbers>(std::move(done), [this, hash, cookie, others]() -> MayBeNumbers {
      auto& ticket = engine_.tickets[hash];
      if (!ticket.cookie.empty()) return std::nullopt;
      ticket.cookie = cookie;
      return std::vector<std::optional<std::uint64_t>>(others.size());
    });
  }
  void sign_in(std::string before, SharedTicket session, journal::SharedTicketLimits,
               Done<SignInDone> done) override {
    ask<SignInDone>(std::move(done), [this, before, session] {
      const auto old = engine_.tickets.find(before);
      const bool is_there = old != engine_.tickets.end();
      if (is_there && old->second.principal == session.principal) {
        old->second.text = session.text;
        old->second.life = session.life;
        ++old->second.renewals;
        engine_.changes.push_back(before);
        return SignInDone{SignedIn::kRenewed, 0};
      }
      if (is_there) {
        engine_.tickets.erase(old);
        engine_.changes.push_back(before);
      }
      engine_.tickets[session.hash] = session;
      return SignInDone{is_there ? SignedIn::kOther : SignedIn::kNew, 0};
    });
  }
  void end(std::string hash, Done<void> done) override {
    ask<void>(std::move(done), [this, hash] {
      if (engine_.tickets.erase(hash) > 0) engine_.changes.push_back(hash);
      return Status();
    });
  }
  void on_changes(std::function<void(const journal::SharedTicketChanges&)> told) override {
    told_ = std::move(told);
  }

  /// The look that a hub takes once a second.
  /// `age`: for how long the engine has not answered it.
  void look(bool may_be_more = false, std::chrono::nanoseconds age = {}) {
    journal::SharedTicketChanges changes;
    changes.may_be_more = may_be_more;
    changes.asked = clock->boot() - age;
    changes.sessions_changed.assign(engine_.changes.begin() + static_cast<std::ptrdiff_t>(seen_),
                                    engine_.changes.end());
    seen_ = engine_.changes.size();
    told_(changes);
  }

  const Clock* clock = nullptr;

 private:
  template <typename T, typename Work>
  void ask(Done<T> done, Work work) {
    engine_.calls.push_back([this, done = std::move(done), work] {
      if (!engine_.is_up) {
        if (engine_.is_late) (void)work();
        return done(Error{ErrorCode::kUnavailable, "Redis does not answer"});
      }
      done(Result<T>(work()));
    });
  }

  Engine& engine_;
  std::function<void(const journal::SharedTicketChanges&)> told_;
  std::size_t seen_ = 0;
};

struct Two {
  static MemoryHub::Options options(FakeTickets& tickets) {
    auto options = with(kTokens);
    options.public_url = "https://hub.example";
    options.make_tickets = [&tickets](const Clock& clock) {
      tickets.clock = &clock;
      return std::make_unique<SharedTickets>(tickets, clock, gate::TicketOptions());
    };
    return options;
  }

  void run() {
    for (int i = 0; i < 6; ++i) {
      engine.carry_out();
      a.hub.settle();
      b.hub.settle();
    }
  }
  std::string ask(Stage& hub, const std::string& line, const std::string& id,
                  const std::string& fields = "", const std::string& body = "") {
    Peer& peer = hub.send(line, id, body, fields);
    run();
    return peer.received();
  }
  /// The next call is carried out, and `hub` asks for what follows from it.
  void carry_out_one(Stage& hub) {
    const auto call = std::move(engine.calls.front());
    engine.calls.pop_front();
    call();
    hub.hub.settle();
  }
  /// Of what `hub` has asked no reply comes. `is_late`: but it is carried out.
  void give_up(Stage& hub, bool is_late = false) {
    engine.is_late = is_late;
    engine.give_up();
    engine.is_late = false;
    hub.hub.settle();
  }
  void look(bool may_be_more = false) {
    at_a.look(may_be_more);
    at_b.look(may_be_more);
    run();
  }

  Engine engine;
  FakeTickets at_a{engine};
  FakeTickets at_b{engine};
  Stage a{options(at_a)};
  Stage b{options(at_b)};
};

inline std::string between(const std::string& text, const std::string& begin, char end) {
  const auto at = text.find(begin);
  if (at == std::string::npos) return {};
  return text.substr(at + begin.size(), text.find(end, at + begin.size()) - at - begin.size());
}

/// The field with the cookie that an answer sets.
inline std::string cookie_field(const std::string& answer) {
  return "Cookie: " + between(answer, "Set-Cookie: ", ';') + "\r\nOrigin: https://hub.example\r\n";
}

inline std::string watch_line(const std::string& made) {
  return "GET /events/watch?ticket=" + between(made, R"("ticket":")", '"');
}

}  // namespace sse::server
