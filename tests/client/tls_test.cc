// https, against cpp-httplib's own server with a certificate made for the test.

#include "sse/client/event_source.h"
#include "sse/client/http_transport.h"

#include "support/catch.h"
#include "support/fixed_random.h"
#include "support/secure_server.h"
#include "support/temporary_directory.h"

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT

using sse::client::Ending;
using sse::client::HttpTransport;
using sse::test::SecureServer;

namespace {

class FirstEvent final : public sse::client::EventSourceListener {
 public:
  bool on_event(sse::wire::ReceivedEvent& event) override {
    data = event.data;
    return false;
  }
  std::string data;
};

/// What comes from `url`, or why nothing does.
std::pair<std::string, Ending> read(const std::string& url, sse::client::TlsOptions tls) {
  const sse::SystemClock clock;
  sse::client::PollWaiter waiter(clock);
  sse::test::FixedRandom random;
  HttpTransport transport({std::move(tls), std::nullopt, ""});
  FirstEvent listener;
  sse::client::EventSourceOptions options;
  options.url = *sse::client::Endpoint::parse(url);
  sse::client::EventSource source(std::move(options), transport, waiter, clock, random, listener);
  auto ending = source.run();
  return {listener.data, std::move(ending)};
}

}  // namespace

TEST_CASE("A server behind https is trusted when its authority is", "[client][tls]") {
  const SecureServer server;
  const auto [data, ending] = read(server.url(), {server.certificate()});
  CHECK(ending.reason == Ending::Reason::kListener);
  CHECK(data == "secret");
}

TEST_CASE("A server without a trusted certificate is refused, unless any server will do",
          "[client][tls]") {
  const SecureServer server;
  const auto [nothing, refused] = read(server.url(), {});
  CHECK(refused.reason == Ending::Reason::kNotTrusted);
  CHECK(refused.text.find("no secure connection to https://127.0.0.1") == 0);
  CHECK(nothing.empty());
  CHECK(read(server.url(), {"", false}).first == "secret");
}

TEST_CASE("A certificate for another host is refused", "[client][tls]") {
  const SecureServer server;
  const auto [nothing, refused] = read(server.url("localhost"), {server.certificate()});
  CHECK(refused.reason == Ending::Reason::kNotTrusted);
  CHECK(nothing.empty());
}

TEST_CASE("A file without an authority in it trusts no server", "[client][tls]") {
  const SecureServer server;
  sse::test::TemporaryDirectory directory;
  sse::test::write_text(directory.file("not-pem"), "nothing");
  CHECK(read(server.url(), {directory.file("not-pem")}).second.reason ==
        Ending::Reason::kNotTrusted);
}

#endif
