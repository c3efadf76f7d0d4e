// What a turn of a loop does for its connections, and what it leaves for the next one.

#include <string>
#include <vector>

#include "http/site.h"

namespace sse::http {
namespace {

TEST_CASE("Large bodies leave time for requests that begin", "[http][turns]") {
  Site site;
  constexpr std::size_t kBody = 500'000;
  std::vector<Peer*> large;
  for (int i = 0; i < 20; ++i) {
    large.push_back(&site.connect());
    large.back()->send(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kBody) + "\r\n\r\n");
  }
  site.turns();
  bool is_time_left = false;
  site.loop->post([&] {  // in a turn, as when sockets are ready
    for (Peer* peer : large) peer->send(std::string(kBody, 'x'));
    is_time_left = !site.loop->budget().is_spent();
  });
  site.turn();
  CHECK(is_time_left);
  for (const Peer* peer : large) CHECK(peer->received().empty());
  site.turns();
  for (const Peer* peer : large) CHECK(has(peer->received(), "HTTP/1.1 200 OK"));
}

}  // namespace
}  // namespace sse::http
