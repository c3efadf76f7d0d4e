// An event stream for a domain of your own: orders. `POST /orders` is a plain cpp-httplib handler;
// every subscriber of `GET /events/watch` sees each order, and `Last-Event-ID` resumes.
//
//     embed [PORT [TOKENS]] any free port without one; the first line it prints is its address.
//                           With a file of tokens (sse-serve token add) it asks for them: orders
//                           take a grant to publish to orders/new, and /about is open to all.

#include <cstdlib>
#include <iostream>

#include <httplib.h>
#include <sse/server/event_server.h>

int main(int argc, char** argv) {
  sse::server::EventServerOptions options;
  options.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  if (argc > 2) options.auth.tokens = argv[2];
  auto server = sse::server::EventServer::open(std::move(options));
  if (!server) {
    std::cerr << "embed: " << server.error().text << '\n';
    return 1;
  }

  // Deferred, so that it also works where an event is on a disk before the order is confirmed.
  sse::hub::Publisher& publisher = (*server)->publisher();
  const auto place_order = [&](sse::http::Call& call) {
    publisher.publish({"order.placed", "orders/new", call.request().body},
                      [answer = call.defer(nullptr)](const sse::Result<sse::wire::EventId>& id) {
                        answer.send([id](sse::http::Response& response) {
                          response.status = id ? 201 : 503;
                          response.set_content(id ? "ordered\n" : id.error().text, "text/plain");
                        });
                      });
  };
  (*server)->add("POST", "/orders", place_order, sse::http::RouteNeeds::publish("orders/new"));

  const auto about = [](const httplib::Request&, httplib::Response& response) {
    response.set_content("orders, as they are placed\n", "text/plain");
  };
  (*server)->get("/about", about, sse::http::RouteNeeds::nothing());

  std::cout << (*server)->url() << std::endl;
  const auto served = (*server)->run();
  if (!served) std::cerr << "embed: " << served.error().text << '\n';
  return served ? 0 : 1;
}
