// Responses that are made in slices (Call::answer_in_slices()).

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sse/http/call.h"
#include "sse/http/slice_queue.h"

#include "http/site.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

std::string ask(std::string_view path, std::string_view rest = {}) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(rest) + "\r\n";
}

/// A site whose `/work?NAME` takes `slices[NAME]` slices, each as long as a turn's share.
struct Workshop : Site {
  Workshop() {
    router.add("GET", "/work", [this](Call& call) {
      const std::string name = call.request().params.at(0).first;
      call.answer_in_slices([this, name, &call](Response& response, Budget& budget,
                                                const FunctionRef<Resume()>& later) {
        done += name;
        budgets.push_back(budget.left());
        budget.spend(budget.left());
        if (name == "later" && !resume) {
          resume = later();
          return Slice::kLater;
        }
        if (name == "throws") throw std::runtime_error("out of luck");
        if (--slices[name] > 0) return Slice::kMore;
        response.body = name + " of " + call.request().path;
        return Slice::kDone;
      });
    });
  }

  std::map<std::string, int> slices;
  std::string done;                    ///< the names of the slices that were done, in order
  std::vector<std::uint64_t> budgets;  ///< what each of them had
  Resume resume;
};

TEST_CASE("A response in slices is sent when the last slice is done", "[http][slices]") {
  Workshop site;
  site.slices["a"] = 3;
  Peer& peer = site.connect();
  peer.send(ask("/work?a"));
  CHECK(site.done == "a");  // the first at once
  CHECK(peer.received().empty());
  site.turn();
  CHECK(site.done == "aa");
  CHECK(peer.received().empty());
  site.turn();
  CHECK(has(peer.received(), "HTTP/1.1 200 OK"));
  CHECK(peer.received().ends_with("\r\n\r\na of /work"));
  peer.take();
  peer.send(ask("/hello"));
  CHECK(peer.received().ends_with("hello"));
}

TEST_CASE("A response that is done in its first slice leaves in the same turn", "[http][slices]") {
  Workshop site;
  site.slices["a"] = 1;
  Peer& peer = site.connect();
  peer.send(ask("/work?a"));
  CHECK(peer.received().ends_with("a of /work"));
}

TEST_CASE("A first slice is short, since other peers are ready in the same turn",
          "[http][slices]") {
  Workshop site;
  site.slices["a"] = 2;
  site.connect().send(ask("/work?a"));
  site.turn();
  REQUIRE(site.budgets.size() == 2);
  CHECK(site.budgets[0] > 0);
  CHECK(8 * site.budgets[0] < site.budgets[1]);
}

TEST_CASE("A first piece that is dear delays no request that is ready in the same turn",
          "[http][slices]") {
  Site site;
  int made = 0;
  site.router.add("GET", "/pieces", [&made](Call& call) {
    call.response().pieces = [&made](std::string& out, const auto& /*later*/) {
      ++made;
      out.append(200'000, 'x');
      return Piece::kLast;
    };
  });
  site.router.add("GET", "/short", [](Call& call) { call.response().body = "short"; });
  std::vector<Peer*> peers;
  for (int i = 0; i < 10; ++i) {
    peers.push_back(&site.connect("192.0.2." + std::to_string(i) + ":1"));
    peers.back()->send(ask("/pieces"));
  }
  CHECK(made == 0);
  Peer& other = site.connect();
  other.send(ask("/short"));
  CHECK(other.received().ends_with("short"));
  site.turn();
  CHECK(made == 1);  // it is more than a turn's share of them
  for (int turn = 0; turn < 20; ++turn) site.turn();
  CHECK(made == 10);
  for (Peer* peer : peers) CHECK(peer->received().size() > 200'000);
}

TEST_CASE("Requests behind one that is made in slices wait for it", "[http][slices]") {
  Workshop site;
  site.slices["a"] = 2;
  Peer& peer = site.connect();
  peer.send(ask("/work?a") + ask("/hello"));
  CHECK(peer.received().empty());
  site.turn();
  site.turn();
  CHECK(has(peer.received(), "a of /work"));
  CHECK(peer.received().ends_with("hello"));
}

TEST_CASE("Others are served between two slices", "[http][slices]") {
  Workshop site;
  site.slices["a"] = 100;
  site.connect().send(ask("/work?a"));
  Peer& other = site.connect();
  other.send(ask("/hello"));
  site.turn();
  CHECK(other.received().ends_with("hello"));
  CHECK(site.slices["a"] > 90);
}

TEST_CASE("Peers take turns by address, whatever number of requests one of them has",
          "[http][slices]") {
  Workshop site;
  for (const char* name : {"a", "b", "c"}) site.slices[name] = 3;
  site.connect("192.0.2.1:1").send(ask("/work?a"));
  site.connect("192.0.2.1:2").send(ask("/work?b"));
  site.connect("192.0.2.2:1").send(ask("/work?c"));
  for (int turn = 0; turn < 10; ++turn) site.turn();
  // b is of a's address, and waits until a is done; c takes turns with both.
  CHECK(site.done.find('b') > site.done.rfind('a'));
  CHECK(site.done.find('c') < site.done.rfind('a'));
  CHECK(site.done.rfind('c') < site.done.rfind('b'));
  CHECK(site.done.size() == 9);
}

TEST_CASE("Work that waits for an outcome goes on when it is there, and others meanwhile",
          "[http][slices]") {
  Workshop site;
  site.slices["later"] = 1;
  site.slices["b"] = 1;
  Peer& peer = site.connect();
  peer.send(ask("/work?later"));
  site.turn();
  CHECK(site.done == "later");
  Peer& other = site.connect();
  other.send(ask("/work?b"));
  CHECK(has(other.received(), "b of /work"));
  site.resume();
  site.turn();
  site.turn();
  CHECK(has(peer.received(), "later of /work"));
}

TEST_CASE("Work whose outcome never comes is a 500", "[http][slices]") {
  Workshop site;
  Peer& peer = site.connect();
  peer.send(ask("/work?later"));
  site.resume = nullptr;
  site.turn();
  CHECK(has(peer.received(), "HTTP/1.1 500"));
}

TEST_CASE("Work that throws is a 500, and the connection goes on", "[http][slices]") {
  Workshop site;
  Peer& peer = site.connect();
  peer.send(ask("/work?throws"));
  CHECK(has(peer.received(), "HTTP/1.1 500"));
  peer.take();
  peer.send(ask("/hello"));
  CHECK(peer.received().ends_with("hello"));
}

TEST_CASE("Work that has begun is done when its peer leaves and when the server drains",
          "[http][slices]") {
  Workshop site;
  site.slices["a"] = 3;
  site.slices["b"] = 3;
  Peer& leaves = site.connect();
  leaves.send(ask("/work?a"));
  leaves.finish();
  Peer& stays = site.connect();
  stays.send(ask("/work?b"));
  bool drained = false;
  site.set().drain(10s, [&] { drained = true; });
  for (int turn = 0; turn < 10; ++turn) site.turn();
  CHECK(site.slices["a"] == 0);
  CHECK(site.slices["b"] == 0);
  CHECK(has(stays.received(), "Connection: close"));
  CHECK(stays.received().ends_with("b of /work"));
  stays.finish();
  site.turn();
  CHECK(drained);
}

TEST_CASE("Work that is not done when a drain ends is dropped", "[http][slices]") {
  Workshop site;
  site.slices["a"] = 1'000;
  Peer& peer = site.connect();
  peer.send(ask("/work?a"));
  bool drained = false;
  site.set().drain(1s, [&] { drained = true; });
  site.pass(1s);
  site.turn();
  CHECK(drained);
  CHECK(peer.is_closed());
  const auto done = site.done.size();
  site.turn();
  CHECK(site.done.size() == done);
}

}  // namespace
}  // namespace sse::http
