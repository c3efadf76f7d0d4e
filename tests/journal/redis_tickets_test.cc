// Tickets and sessions of hubs that share a Redis.

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "journal/ticket_desk_stage.h"
#include "support/redis_proxy.h"

namespace sse::journal {
namespace {

using namespace std::chrono_literals;
using test::has_redis;
using test::RedisServer;
using test::wait_until;

TEST_CASE("A ticket that one hub has made is taken once, at whichever hub", "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode here(redis.url());
  ClusterNode there(redis.url());
  Desk a(here);
  Desk b(there);
  a.add(ticket(hash('1')));
  const auto found = b.find(hash('1'));
  REQUIRE(found);
  CHECK_FALSE(found->is_session);
  CHECK(found->text == "{\"of\":\"token:a\"}");
  CHECK(found->cookie.empty());
  CHECK(found->life > 59min);
  CHECK(found->life <= 1h);
  // Both at the same moment: Redis does one after the other.
  for (char digit = '2'; digit <= '9'; ++digit) {
    a.add(ticket(hash(digit)));
    std::optional<ClusterTickets::MayBeNumbers> first;
    const auto second = outcome_of<ClusterTickets::MayBeNumbers>([&](auto done) {
      a.tickets.take(hash(digit), hash('a'), {}, [&first](auto taken) { first = *taken; });
      b.tickets.take(hash(digit), hash('b'), {}, std::move(done));
    });
    wait_until([&] { return a.find(hash(digit)).has_value() && first.has_value(); }, "both");
    CHECK(first->has_value() != second->has_value());
    CHECK(b.find(hash(digit))->cookie == (first->has_value() ? hash('a') : hash('b')));
  }
  // A call that is made again, since its reply was lost, does no harm.
  CHECK(b.take(hash('1'), hash('c')));
  CHECK(b.take(hash('1'), hash('c')));
  CHECK_FALSE(a.take(hash('1'), hash('d')));
  CHECK_FALSE(a.take(hash('f'), hash('d')));
}

TEST_CASE("A ticket is over when it was not taken in time, and no key of it is left",
          "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode node(redis.url());
  Desk desk(node);
  const WatchingNode other(redis.url());
  desk.add(ticket(hash('1'), "token:a", 50ms));
  desk.add(ticket(hash('2'), "token:a", 50ms));
  REQUIRE(desk.take(hash('2'), hash('c')));
  wait_until([&] { return !desk.find(hash('1')); }, "the end of the first");
  CHECK(desk.find(hash('2')));
  CHECK(redis.call({"PTTL", "{sse}:tickets:" + hash('2')}).integer > 3'500'000);
  // The lists are cleaned by the next look of a node that wants to know of changes.
  wait_until([&] { return redis.call({"ZCARD", "{sse}:tickets:made"}).integer == 1; }, "cleaning");
  CHECK(redis.call({"ZCARD", "{sse}:tickets:names"}).integer == 1);
  CHECK(redis.call({"ZCARD", "{sse}:tickets:ends:ticket"}).integer == 1);
  CHECK(redis.call({"ZCARD", "{sse}:tickets:of:token:a"}).integer == 1);
}

TEST_CASE("Of too many tickets the oldest go, first those of the same principal",
          "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode node(redis.url());
  Desk desk(node);
  CHECK(desk.add(ticket(hash('1'), "token:b"), {4, 2}) == 0);
  CHECK(desk.add(ticket(hash('2'), "token:a"), {4, 2}) == 0);
  CHECK(desk.add(ticket(hash('3'), "token:a"), {4, 2}) == 0);
  CHECK(desk.add(ticket(hash('4'), "token:a"), {4, 2}) == 1);
  CHECK_FALSE(desk.find(hash('2')));
  CHECK(desk.find(hash('1')));
  CHECK(desk.add(ticket(hash('5'), "token:c"), {4, 2}) == 0);
  CHECK(desk.add(ticket(hash('6'), "token:d"), {4, 2}) == 1);
  CHECK_FALSE(desk.find(hash('1')));
}

TEST_CASE("Cookies that count no more are told from those that do", "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode node(redis.url());
  Desk desk(node);
  desk.add(ticket(hash('0', "aaaa0001")));
  desk.add(ticket(hash('0', "aaaa0002")));
  desk.add(ticket(hash('0', "aaaa0003")));
  REQUIRE(desk.take(hash('0', "aaaa0001"), hash('1')));
  REQUIRE(desk.take(hash('0', "aaaa0002"), hash('2')));
  const auto numbers = desk.take(hash('0', "aaaa0003"), hash('3'),
                                 {{"aaaa0001", hash('1')},
                                  {"aaaa0002", hash('f')},
                                  {"aaaa0002", hash('2')},
                                  {"ffffffff", hash('2')}});
  REQUIRE(numbers);
  REQUIRE(numbers->size() == 4);
  CHECK((*numbers)[0]);
  CHECK_FALSE((*numbers)[1]);
  CHECK((*numbers)[2]);
  CHECK_FALSE((*numbers)[3]);
  CHECK(*(*numbers)[0] < *(*numbers)[2]);
}

TEST_CASE("A session is known to all hubs, and its renewal and end are told to each",
          "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode here(redis.url());
  WatchingNode there(redis.url());
  Desk a(here);
  CHECK(a.sign_in("", session(hash('1'))) == ClusterTickets::SignedIn::kNew);
  CHECK(a.find(hash('1'))->is_session);
  CHECK(a.find(hash('1'))->renewals == 0);
  wait_until([&] { return there.holds([&] { return there.sessions == 1; }); }, "a session");
  auto longer = session(hash('2'));
  longer.life = 2h;
  longer.text = "other";
  CHECK(a.sign_in(hash('1'), longer) == ClusterTickets::SignedIn::kRenewed);
  const auto renewed = a.find(hash('1'));
  CHECK(renewed->renewals == 1);
  CHECK(renewed->text == "other");
  CHECK(renewed->life > 119min);
  CHECK_FALSE(a.find(hash('2')));
  wait_until([&] { return there.holds([&] { return there.changed.size() == 1; }); }, "a change");
  CHECK(a.sign_in(hash('1'), session(hash('3'), "token:b")) == ClusterTickets::SignedIn::kOther);
  CHECK_FALSE(a.find(hash('1')));
  a.end(hash('3'));
  a.end(hash('3'));
  CHECK_FALSE(a.find(hash('3')));
  wait_until([&] { return there.holds([&] { return there.changed.size() == 3; }); }, "the ends");
  CHECK(there.changed == std::vector<std::string>{hash('1'), hash('1'), hash('3')});
  wait_until([&] { return there.holds([&] { return there.sessions == 0; }); }, "no session");
  // Ending a session by the hash of a ticket does nothing.
  a.add(ticket(hash('4')));
  a.end(hash('4'));
  CHECK(a.find(hash('4')));
}

TEST_CASE("An engine that has forgotten all says that any session may have changed",
          "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode here(redis.url());
  WatchingNode there(redis.url());
  Desk a(here);
  a.sign_in("", session(hash('1')));
  wait_until([&] { return there.holds([&] { return there.sessions == 1; }); }, "a session");
  const int before = there.holds([&] { return true; }) ? there.resets : 0;
  redis.restart();
  wait_until([&] { return there.holds([&] { return there.resets > before; }); }, "a reset");
  CHECK_FALSE(a.find(hash('1')));
}

TEST_CASE("A call is made again when its connection is lost, and then done once",
          "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  test::RedisProxy proxy(redis.socket());
  ClusterNode node(proxy.url());
  Desk desk(node);
  desk.add(ticket(hash('1')));
  using Fate = test::RedisProxy::Fate;
  int lost = 0;
  proxy.judge_requests([&lost](std::string_view request) {
    const bool is_take = request.find("\r\ntake\r\n") != std::string_view::npos;
    return is_take && ++lost == 1 ? Fate::kForwardHangUp : Fate::kForward;
  });
  CHECK(desk.take(hash('1'), hash('c')));
  CHECK(lost == 2);
  CHECK(desk.find(hash('1'))->cookie == hash('c'));
  redis.call({"SCRIPT", "FLUSH"});
  CHECK(desk.find(hash('1')));
}

TEST_CASE("Without an engine a call fails once it has waited as long as an event may",
          "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  auto settings = ClusterNode::settings(redis.url());
  settings.cluster.timeout = 1s;
  ClusterNode node(settings);
  Desk desk(node);
  desk.add(ticket(hash('1')));
  redis.kill();
  const auto found = outcome_of<ClusterTickets::MayBeTicket>(
      [&](auto done) { desk.tickets.find(hash('1'), std::move(done)); });
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::kUnavailable);
  const auto status = outcome_of<log::ClusterStatus>([&](auto done) {
    node.journal->list_nodes([done](log::ClusterStatus told) { done(std::move(told)); });
  });
  CHECK_FALSE(status->engine.is_up);
  CHECK_FALSE(status->engine.error.empty());
  CHECK(status->nodes.size() == 1);
}

TEST_CASE("A memory that is full takes no ticket, and ends a session still", "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode here(redis.url());
  WatchingNode there(redis.url());
  Desk a(here);
  a.sign_in("", session(hash('1')));
  wait_until([&] { return there.holds([&] { return there.sessions == 1; }); }, "a session");
  redis.call({"CONFIG", "SET", "maxmemory", "1"});
  const auto added = outcome_of<std::size_t>(
      [&](auto done) { a.tickets.add(ticket(hash('2')), kLimits, std::move(done)); });
  REQUIRE_FALSE(added);
  CHECK(added.error().code == ErrorCode::kFull);
  const int before = there.resets;
  a.end(hash('1'));
  CHECK_FALSE(a.find(hash('1')));
  wait_until([&] { return there.holds([&] { return there.resets > before; }); }, "a reset");
}

TEST_CASE("A list of changes that has begun again is told from the one before",
          "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode here(redis.url());
  WatchingNode there(redis.url());
  Desk a(here);
  a.sign_in("", session(hash('1')));
  wait_until([&] { return there.holds([&] { return there.sessions == 1; }); }, "a session");
  int before = 0;
  there.holds([&] { return (before = there.resets) > 0; });
  // As without memory: what has changed since the last look is lost.
  redis.call({"UNLINK", "{sse}:tickets:changes"});
  wait_until([&] { return there.holds([&] { return there.resets > before; }); }, "a reset");
  a.end(hash('1'));
  wait_until([&] { return there.holds([&] { return there.changed.size() == 1; }); }, "the end");
  CHECK(there.holds([&] { return there.resets == before + 1; }));
}

TEST_CASE("An engine that takes no writes says nothing of sessions", "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  WatchingNode node(redis.url());
  auto& tickets = node.journal->tickets();
  const auto find = [&](char digit) {
    return outcome_of<ClusterTickets::MayBeTicket>(
        [&](auto done) { tickets.find(hash(digit), std::move(done)); });
  };
  REQUIRE(outcome_of<ClusterTickets::SignInDone>(
      [&](auto done) { tickets.sign_in("", session(hash('1')), kLimits, std::move(done)); }));
  REQUIRE(outcome_of<std::size_t>(
      [&](auto done) { tickets.add(ticket(hash('2')), kLimits, std::move(done)); }));
  REQUIRE(find('1'));
  redis.call({"CONFIG", "SET", "min-replicas-to-write", "1"});
  const auto found = find('1');
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::kUnavailable);
  CHECK(find('2'));  // of a ticket: it is not taken without a write
  int told = 0;
  node.holds([&] { return (told = node.told) > 0; });
  redis.call({"CONFIG", "RESETSTAT"});
  wait_until(
      [&] {
        const auto info = redis.call({"INFO", "commandstats"}).text;
        const auto at = info.find("cmdstat_evalsha:calls=");
        return at != std::string::npos && std::stoi(info.substr(at + 22)) >= 6;
      },
      "some looks");
  CHECK(node.holds([&] { return node.told == told; }));
  redis.call({"CONFIG", "SET", "min-replicas-to-write", "0"});
  wait_until([&] { return node.holds([&] { return node.told > told; }); }, "a word of the engine");
  CHECK(find('1'));
}

TEST_CASE("Changes come with the time at which they were asked for", "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  WatchingNode node(redis.url());
  wait_until([&] { return node.holds([&] { return node.told > 1; }); }, "a word of the engine");
  redis.program().signal(SIGSTOP);
  // A look is under way by then: there is one in each second.
  std::this_thread::sleep_for(1'500ms);
  redis.program().signal(SIGCONT);
  wait_until([&] { return node.holds([&] { return node.longest > 300ms; }); }, "an old answer");
}

TEST_CASE("A hub that takes no more calls of requests hears of changes", "[cluster][tickets]") {
  if (!has_redis()) return;
  RedisServer redis;
  ClusterNode here(redis.url());
  WatchingNode there(redis.url(), 0);
  Desk(here).add(session(hash('1')));
  wait_until([&] { return there.holds([&] { return there.sessions == 1; }); }, "a session");
  const auto found = outcome_of<ClusterTickets::MayBeTicket>(
      [&](auto done) { there.journal->tickets().find(hash('1'), std::move(done)); });
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace sse::journal
