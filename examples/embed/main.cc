// An event stream for a domain of one's own: orders. `POST /orders` is a plain cpp-httplib handler;
// every subscriber of `GET /events/watch` sees each order, and `Last-Event-ID` resumes.
//
//     embed [PORT]          any free port without one; the first line it prints is its address

#include <cstdlib>
#include <iostream>

#include <httplib.h>
#include <sse/server/event_server.h>

int main(int argc, char** argv) {
  sse::server::EventServerOptions options;
  options.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  auto server = sse::server::EventServer::open(std::move(options));
  if (!server) {
    std::cerr << "embed: " << server.error().text << '\n';
    return 1;
  }

  // Deferred, so that it also works where an event is on a disk before the order is confirmed.
  sse::hub::Publisher& publisher = (*server)->publisher();
  (*server)->add("POST", "/orders", [&](sse::http::Call& call) {
    publisher.publish({"order.placed", "orders/new", call.request().body},
                      [answer = call.defer(nullptr)](const sse::Result<sse::wire::EventId>& id) {
                        answer.send([id](sse::http::Response& response) {
                          response.status = id ? 201 : 503;
                          response.set_content(id ? "ordered\n" : id.error().text, "text/plain");
                        });
                      });
  });

  std::cout << (*server)->url() << std::endl;
  const auto served = (*server)->run();
  if (!served) std::cerr << "embed: " << served.error().text << '\n';
  return served ? 0 : 1;
}
