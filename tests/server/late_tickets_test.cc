// Tickets and sessions of a store that answers later, as far as requests meet it.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "sse/auth/failure_limiter.h"

#include "server/access_stage.h"

namespace sse::server {
namespace {

using namespace std::chrono_literals;
using gate::TicketStore;

constexpr auto kFailures = static_cast<int>(auth::FailureLimiter::kBurst);

/// What it is asked is answered when the test says so.
struct Asked {
  std::deque<std::function<void()>> calls;
  std::optional<Error> error;                   // of all that is asked
  std::optional<auth::Sha256> known;            // a session by which a request has come
  std::optional<TicketStore::Session> session;  // every session
};

/// It has no tickets.
class LateStore final : public TicketStore {
 public:
  explicit LateStore(Asked& asked) : asked_(asked) {}

  bool answers_at_once() const override { return false; }
  AtOnce<Made> make(Wish /*wish*/, BootTime now, const Later<Made>& later) override {
    return answer<Made>(Made{"tk_made", now, now}, later);
  }
  AtOnce<MayBeFound> find(std::string_view /*ticket*/, std::string_view /*cookie*/,
                          BootTime /*now*/, const Later<MayBeFound>& later) override {
    return answer<MayBeFound>(std::nullopt, later);
  }
  AtOnce<MayBeTaken> take(std::string_view /*ticket*/, const std::vector<gate::Cookie>& /*others*/,
                          BootTime /*now*/, const Later<MayBeTaken>& later) override {
    return answer<MayBeTaken>(std::nullopt, later);
  }
  AtOnce<MayBeSession> find_session(const auth::Sha256& key, BootTime now,
                                    const Later<MayBeSession>& later) override {
    if (auto known = known_session(key, now)) return Result<MayBeSession>(std::move(known));
    return answer<MayBeSession>(std::nullopt, later);
  }
  MayBeSession known_session(const auth::Sha256& key, BootTime /*now*/) const override {
    return asked_.known == key ? asked_.session : std::nullopt;
  }
  AtOnce<SignedIn> sign_in(SignIn /*wanted*/, BootTime /*now*/,
                           const Later<SignedIn>& later) override {
    return answer<SignedIn>({}, later);
  }
  std::optional<Status> end_session(const auth::Sha256& /*key*/,
                                    const Later<void>& later) override {
    asked_.calls.push_back(
        [this, done = later()] { done(asked_.error ? Status(*asked_.error) : Status()); });
    return std::nullopt;
  }
  gate::TicketCounts counts() const override { return {}; }
  void on_session_change(std::function<void()> /*changed*/) override {}

 private:
  template <typename T>
  AtOnce<T> answer(T outcome, const Later<T>& later) {
    asked_.calls.push_back([this, outcome = std::move(outcome), done = later()] {
      if (asked_.error) return done(*asked_.error);
      done(outcome);
    });
    return std::nullopt;
  }

  Asked& asked_;
};

struct Late {
  static MemoryHub::Options options(Asked& asked) {
    auto options = with(kTokens);
    options.public_url = "https://hub.example";
    options.make_tickets = [&asked](const Clock&) { return std::make_unique<LateStore>(asked); };
    return options;
  }

  Peer& send(const std::string& line, const std::string& id, const std::string& fields = "") {
    return stage.send(line, id, "", fields);
  }
  void answer() {
    while (!asked.calls.empty()) {
      std::exchange(asked.calls.front(), nullptr)();
      asked.calls.pop_front();
      stage.hub.settle();
    }
  }
  std::string ask(const std::string& line, const std::string& id, const std::string& fields = "") {
    Peer& peer = send(line, id, fields);
    answer();
    return peer.received();
  }

  Asked asked;
  Stage stage{options(asked)};
};

const std::string kInvented = "GET /events/watch?ticket=tk_" + std::string(43, 'x');

std::string session_fields(char secret) {
  return "Cookie: __Host-sse-443=ss_" + std::string(43, secret) +
         "\r\nOrigin: https://hub.example\r\n";
}

TEST_CASE("An address whose tickets and sessions are not found waits before more are looked up",
          "[access][ticket][cluster]") {
  Late late;
  for (int i = 0; i < kFailures; i += 2) {
    CHECK_THAT(late.ask(kInvented, ""), Contains(" 401 "));
    CHECK_THAT(late.ask("GET /session", "", session_fields('x')), Contains(" 401 "));
  }
  CHECK_THAT(late.send(kInvented, "").received(),
             Contains(" 429 ") && Contains("SSE-Refused: rate") && Contains("Retry-After"));
  CHECK_THAT(late.send("GET /session", "", session_fields('x')).received(),
             Contains(" 429 ") && Contains("Retry-After: 1"));
  CHECK(late.asked.calls.empty());
  // A token is looked up here, and so is a session that is known here.
  CHECK_THAT(late.ask("GET /session", "ci"), Contains(" 200 "));
  late.asked.known = auth::sha256_of("ss_" + std::string(43, 'k'));
  late.asked.session =
      TicketStore::Session{credentials(kTokens)->tokens()->find_principal("token:ci"),
                           late.stage.hub.clock.now().boot + 1h, 0};
  CHECK_THAT(late.ask("GET /session", "", session_fields('k')), Contains(" 200 "));
  late.stage.hub.pass(1s);
  CHECK_THAT(late.ask(kInvented, ""), Contains(" 401 "));
  CHECK_THAT(late.ask(kInvented, ""), Contains(" 429 "));
}

TEST_CASE("A request that leaves before its ticket was looked up is a failure as well",
          "[access][ticket][cluster]") {
  Late late;
  for (int i = 0; i < kFailures; ++i) {
    late.send(kInvented, "").reset();
    late.answer();
  }
  CHECK_THAT(late.send(kInvented, "").received(), Contains(" 429 "));
  CHECK(late.asked.calls.empty());
}

TEST_CASE("A store that does not answer is not a failure of an address",
          "[access][ticket][cluster]") {
  Late late;
  late.asked.error = Error{ErrorCode::kUnavailable, "silent"};
  for (int i = 0; i <= kFailures; ++i) CHECK_THAT(late.ask(kInvented, ""), Contains(" 503 "));
}

TEST_CASE("What an engine says of its errors is told to no peer", "[access][ticket][cluster]") {
  Late late;
  const auto check = [&](const std::string& line, const std::string& status) {
    CHECK_THAT(late.ask(line, "ci"), Contains(status) &&
                                         Contains("what keeps tickets and sessions") &&
                                         !Contains("engine-7"));
  };
  late.asked.error = Error{ErrorCode::kUnavailable, "LOADING engine-7 reads its file"};
  check("POST /tickets", " 503 ");
  check("POST /session", " 503 ");
  late.asked.error = Error{ErrorCode::kFull, "OOM engine-7 has maxmemory 1"};
  check("POST /tickets", " 507 ");
}

}  // namespace
}  // namespace sse::server
