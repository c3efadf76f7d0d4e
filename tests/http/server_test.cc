#include "sse/http/server.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <httplib.h>

#include "sse/base/mutex.h"
#include "sse/net/listener.h"
#include "sse/net/loop_pool.h"

#include "support/catch.h"
#include "support/raw_http.h"

namespace sse::http {
namespace {

using namespace std::chrono_literals;

// A server of two loops on a free port of 127.0.0.1.
struct Running {
  explicit Running(const ServerOptions& options = {}) {
    auto opened = net::LoopPool::open(clock, 2);
    REQUIRE(opened);
    loops = std::move(opened).value();
    router.add("GET", "/thread", [](const httplib::Request&, httplib::Response& response) {
      const auto id = std::hash<std::thread::id>{}(std::this_thread::get_id());
      response.set_content(std::to_string(id), "text/plain");
    });
    router.add("POST", "/size", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(std::to_string(request.body.size()), "text/plain");
    });
    router.add("GET", "/peer", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.remote_addr + " " + std::to_string(request.remote_port > 0),
                           "text/plain");
    });
    auto listeners = net::open_listeners({"127.0.0.1"}, 0, {});
    REQUIRE(listeners);
    port = listeners->front()->port();
    server = std::make_unique<Server>(*loops, clock, router, options);
    REQUIRE(server->start(std::move(listeners).value()));
    loops->start();
  }
  ~Running() {
    loops->stop();
    server.reset();
  }

  SystemClock clock;
  Router router;
  std::unique_ptr<net::LoopPool> loops;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
};

std::string ask(test::RawConnection& connection, const std::string& path) {
  connection.send("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
  return test::read_answer(connection).body;
}

TEST_CASE("Connections are dealt to all loops", "[http][server]") {
  Running running;
  test::RawConnection first(running.port);
  const auto first_thread = ask(first, "/thread");
  test::RawConnection second(running.port);
  const auto second_thread = ask(second, "/thread");
  CHECK(first_thread != second_thread);
  CHECK(ask(first, "/thread") == first_thread);
  CHECK(running.server->counts().open == 2);
  CHECK(running.server->counts().accepted == 2);
}

TEST_CASE("A handler learns its peer's address", "[http][server]") {
  Running running;
  test::RawConnection connection(running.port);
  CHECK(ask(connection, "/peer") == "127.0.0.1 1");
}

TEST_CASE("cpp-httplib's own client gets its answers over one connection", "[http][server]") {
  Running running;
  httplib::Client client("127.0.0.1", running.port);
  client.set_keep_alive(true);
  for (const int size : {0, 1, 100, 65'536, 1'000'000}) {
    CAPTURE(size);
    const auto result =
        client.Post("/size", std::string(static_cast<std::size_t>(size), 'x'), "text/plain");
    REQUIRE(result);
    CHECK(result->status == 200);
    CHECK(result->body == std::to_string(size));
  }
  running.loops->stop();  // an answer is counted when it has left
  CHECK(running.server->counts().accepted == 1);
  const auto counts = running.server->counts().requests;
  const auto& sizes = *std::find_if(counts.begin(), counts.end(),
                                    [](const auto& route) { return route.path == "/size"; });
  CHECK(sizes.method == "POST");
  CHECK(sizes.by_status == std::map<int, std::uint64_t>{{200, 5}});
  CHECK(std::accumulate(sizes.by_duration.begin(), sizes.by_duration.end(), std::uint64_t{0}) == 5);
  CHECK(sizes.duration.count() > 0);
}

TEST_CASE("The answer to a body that is too large arrives, though the body was not read",
          "[http][server]") {
  ServerOptions options;
  options.max_body = 1000;
  Running running(options);
  test::RawConnection connection(running.port);
  connection.send("POST /size HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" +
                  std::string(100'000, 'x'));
  CHECK(test::read_answer(connection).status == 413);
  CHECK(connection.is_at_end());
}

TEST_CASE("A request whose sender has closed its side is still answered", "[http][server]") {
  Running running;
  test::RawConnection connection(running.port);
  connection.send("GET /thread HTTP/1.1\r\nHost: h\r\n\r\n");
  connection.shutdown_write();
  CHECK(test::read_answer(connection).status == 200);
  CHECK(connection.is_at_end());
}

TEST_CASE("A drained server refuses connections, finishes requests, and says when it is done",
          "[http][server]") {
  Running running;
  test::RawConnection idle(running.port);
  test::RawConnection busy(running.port);
  REQUIRE_FALSE(ask(idle, "/thread").empty());
  REQUIRE_FALSE(ask(busy, "/thread").empty());
  busy.send("POST /size HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  busy.read_until("100 Continue\r\n\r\n");
  std::promise<void> done;
  running.server->drain(60s, [&] { done.set_value(); });
  CHECK(idle.is_at_end());
  busy.send("hi");
  const auto answer = test::read_answer(busy);
  CHECK(answer.status == 200);
  CHECK(answer.header("Connection") == "close");
  busy.close();
  CHECK(done.get_future().wait_for(20s) == std::future_status::ready);
  CHECK(running.server->counts().open == 0);
  httplib::Client late("127.0.0.1", running.port);
  CHECK_FALSE(late.Get("/thread"));
}

TEST_CASE("Answers come from any thread, while peers come and go", "[http][deferred]") {
  constexpr int kRequests = 200;
  SystemClock clock;
  auto loops = net::LoopPool::open(clock, 2);
  REQUIRE(loops);
  Router router;
  std::vector<std::thread> workers;
  Mutex mutex;
  std::atomic<int> left = 0;
  router.add("GET", "/later", [&](Call& call) {
    const MutexLock lock(mutex);
    workers.emplace_back(
        [answer = call.defer([&](Hurry) { ++left; }), text = *call.request().param("n")] {
          answer.send([text](Response& response) { response.set_content(text, "text/plain"); });
        });
  });
  auto listeners = net::open_listeners({"127.0.0.1"}, 0, {});
  REQUIRE(listeners);
  const auto port = listeners->front()->port();
  auto server = std::make_unique<Server>(**loops, clock, router, ServerOptions{});
  REQUIRE(server->start(std::move(listeners).value()));
  (*loops)->start();

  for (int i = 0; i < kRequests; ++i) {
    test::RawConnection connection(port);
    const auto text = std::to_string(i);
    connection.send("GET /later?n=" + text + " HTTP/1.1\r\nHost: h\r\n\r\n");
    if (i % 3 == 0) continue;  // gone before its answer, or with it
    const auto answer = test::read_answer(connection);
    CHECK(answer.status == 200);
    CHECK(answer.body == text);
  }
  {
    test::RawConnection last(port);
    last.send("GET /later?n=last HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(test::read_answer(last).body == "last");
  }
  (*loops)->stop();
  server.reset();  // while some workers may still answer
  for (auto& worker : workers) worker.join();
}

}  // namespace
}  // namespace sse::http
