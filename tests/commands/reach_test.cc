// How sse-sub and sse-pub reach a server: what they send, proxies, sockets, addresses, TLS.

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/scripted_server.h"
#include "support/secure_server.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

constexpr char kAccepted[] = "HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n{\"id\":\"1\"}";

/// A command for `url`, alone in its environment but for `variables`.
Program run(const std::vector<std::string>& words, const std::string& url,
            std::vector<std::string> variables = {}) {
  variables.push_back("SSE_URL=" + url);
  return Program(words, {std::move(variables), false, ""});
}

const std::vector<std::string> subscribing{"sse-sub", "-C1", "--no-reconnect"};
const std::vector<std::string> publishing{"sse-pub", "event", "-d", "x", "--retries=0"};

std::vector<std::string> with(std::vector<std::string> words, std::vector<std::string> more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("Requests say who sends them, and ask for no coding", "[commands][reach]") {
  const ScriptedServer server;
  auto sub = run(subscribing, server.url());
  auto stream = server.accept_stream("data: a\n\n");
  CHECK_THAT(stream.header("User-Agent"), Catch::StartsWith("sse-sub/"));
  CHECK(stream.header("Accept-Encoding") == "identity");
  CHECK(stream.header("Cache-Control") == "no-cache");
  CHECK(stream.header("Content-Type").empty());
  CHECK(sub.wait() == 0);

  auto pub = run(with(publishing, {"-H", "User-Agent: mine"}), server.url());
  const auto post = server.accept();
  CHECK(post.header("User-Agent") == "mine");
  CHECK(post.header("Accept-Encoding") == "identity");
  CHECK(post.header("Content-Type") == "application/json");
  CHECK(post.header("Expect").empty());
  post.send(kAccepted);
  CHECK(pub.wait() == 0);
}

TEST_CASE("A proxy leads to servers beyond this machine", "[commands][reach]") {
  const ScriptedServer proxy;
  struct Way {
    std::vector<std::string> options;
    std::vector<std::string> variables;
  };
  const Way ways[] = {{{"--proxy", proxy.url()}, {}},
                      {{}, {"http_proxy=" + proxy.url()}},
                      {{}, {"all_proxy=" + proxy.url(), "no_proxy=other.invalid,hub.invalid:81"}}};
  for (const Way& way : ways) {
    auto sub = run(with(subscribing, way.options), "http://hub.invalid/watch?a=b", way.variables);
    CHECK(proxy.accept_stream("data: a\n\n").target() == "http://hub.invalid/watch?a=b");
    CHECK(sub.wait() == 0);
    auto pub = run(with(publishing, way.options), "http://hub.invalid", way.variables);
    const auto post = proxy.accept();
    CHECK(post.target() == "http://hub.invalid/events");
    CHECK(post.header("Host") == "hub.invalid");
    post.send(kAccepted);
    CHECK(pub.wait() == 0);
  }
}

TEST_CASE("No proxy leads back to this machine", "[commands][reach]") {
  const ScriptedServer server;
  const ScriptedServer proxy;
  const std::vector<std::string> variables{"http_proxy=" + proxy.url()};
  auto sub = run(with(subscribing, {"--proxy", proxy.url()}), server.url(), variables);
  CHECK(server.accept_stream("data: a\n\n").target() == "/events/watch");
  CHECK(sub.wait() == 0);
}

TEST_CASE("A proxy that refuses, or is not there, is named without its password",
          "[commands][reach]") {
  ScriptedServer proxy;
  std::string url = proxy.url();
  url.insert(url.find("//") + 2, "user:secret@");
  for (const auto& command : {subscribing, publishing}) {
    auto program = run(with(command, {"--proxy", url}), "https://hub.invalid");
    const auto request = proxy.accept();
    CHECK(request.target() == "hub.invalid:443");
    CHECK_FALSE(request.header("Proxy-Authorization").empty());
    request.send("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
    CHECK(program.wait() == 69);
    CHECK_THAT(program.err(), Catch::Contains("the proxy " + proxy.url() + " answered 407"));
  }
  proxy.stop();
  for (const auto& command : {subscribing, publishing}) {
    auto program = run(with(command, {"--proxy", url}), "https://hub.invalid");
    CHECK(program.wait() == 69);
    CHECK_THAT(program.err(), Catch::Contains("no connection to https://hub.invalid:443 through "
                                              "the proxy " +
                                              proxy.url() + ": connection refused"));
  }
  auto wrong = run(with(subscribing, {"--proxy", "ftp://p"}), "http://hub.invalid");
  CHECK(wrong.wait() == 64);
}

TEST_CASE("What the hub prints for a Unix socket is a URL", "[commands][reach]") {
  const TemporaryDirectory directory;
  const std::string url = "unix:" + directory.file("socket");
  Program hub({"sse-serve", "--bind", url});
  hub.wait_for_err("listening on " + url);
  auto pub = run(publishing, url, {"http_proxy=http://127.0.0.1:1"});
  CHECK(pub.wait() == 0);
  auto sub = run(with(subscribing, {"--since=earliest"}), url);
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "x\n");
  auto polled = run(with(subscribing, {"--since=earliest"}), url + ":/events/watch?type=message");
  CHECK(polled.wait() == 0);
  auto script = run(with(publishing, {"--dry-run"}), url);
  CHECK(script.wait() == 0);
  CHECK_THAT(script.out(), Catch::Contains(" --unix-socket " + directory.file("socket") + " "));
  CHECK_THAT(script.out(), Catch::EndsWith(" http://localhost/events\n\n"));
}

TEST_CASE("A missing or deaf socket is an error with its path", "[commands][reach]") {
  const TemporaryDirectory directory;
  const std::string url = "unix:" + directory.file("socket");
  for (const auto& command : {subscribing, publishing}) {
    auto program = run(command, url);
    CHECK(program.wait() == 69);
    CHECK_THAT(program.err(),
               Catch::Contains("no connection to " + url +
                               ": no such file or directory (is sse-serve running?"));
  }
}

TEST_CASE("Refused is said, with a question", "[commands][reach]") {
  ScriptedServer server;
  server.stop();
  for (const auto& command : {subscribing, publishing}) {
    auto program = run(command, server.url());
    CHECK(program.wait() == 69);
    CHECK_THAT(program.err(),
               Catch::Contains(server.url() + ": connection refused (is sse-serve running?)"));
  }
}

TEST_CASE("Without a descriptor left, both say so at once", "[commands][reach]") {
  if (kIsSanitized) return;
  const ScriptedServer server;
  for (const auto& command : {subscribing, publishing}) {
    std::vector<std::string> words{"sh", "-c", "ulimit -n 9; exec \"$@\"", "sh"};
    words.insert(words.end(), command.begin(), command.end());
    words[4] = program_path(words[4]);
    auto program = run(words, server.url());
    CHECK(program.wait() == 69);
    CHECK_THAT(program.err(), Catch::Contains(server.url() + ": too many open files"));
  }
}

TEST_CASE("IPv6 addresses have letters and zones", "[commands][reach]") {
  const ScriptedServer server;
  const std::string url = "http://[::FFFF:127.0.0.1]:" + std::to_string(server.port());
  auto sub = run(subscribing, url);
  CHECK(server.accept_stream("data: a\n\n").header("Host") ==
        url.substr(7, 1) + "::ffff" + url.substr(14));
  CHECK(sub.wait() == 0);
  for (const auto& command : {subscribing, publishing}) {
    auto program = run(command, "http://[fe80::1%25nowhere]:8089");
    CHECK(program.wait() == 68);
    CHECK_THAT(program.err(), Catch::Contains("there is no network interface \"nowhere\""));
  }
}

TEST_CASE("With -v the wait has a word", "[commands][reach]") {
  const ScriptedServer server;
  for (const auto& command : {subscribing, publishing}) {
    auto program = run(with(command, {"-v"}), "localhost:" + std::to_string(server.port()));
    const auto connection = server.accept();
    program.wait_for_err("looking up \"localhost\"");
    program.wait_for_err("connecting to 127.0.0.1:" + std::to_string(server.port()));
    program.wait_for_err("waiting for the response");
  }
}

TEST_CASE("A stop does not wait for a name", "[commands][reach]") {
  for (const int signal : {SIGTERM, SIGINT}) {
    auto sub = run(with(subscribing, {"-v", "--connect-timeout=1h", "--wait-server"}),
                   "http://hub.invalid",
                   {"LD_PRELOAD=" SSE_STUCK_RESOLVER, "ASAN_OPTIONS=verify_asan_link_order=0"});
    sub.wait_for_err("looking up \"hub.invalid\"");
    sub.signal(signal);
    CHECK(sub.wait() == 128 + signal);
  }
}

TEST_CASE("A name that takes too long is an error of its own", "[commands][reach]") {
  for (const auto& command : {subscribing, publishing}) {
    auto program = run(with(command, {"--connect-timeout=50ms"}), "http://hub.invalid",
                       {"LD_PRELOAD=" SSE_STUCK_RESOLVER, "ASAN_OPTIONS=verify_asan_link_order=0"});
    CHECK(program.wait() == 69);
    CHECK_THAT(program.err(), Catch::Contains("the name \"hub.invalid\" was not resolved in time"));
  }
}

TEST_CASE("The time for a connection has the name, TCP, TLS and the proxy in it",
          "[commands][reach]") {
  const ScriptedServer silent;  // its queue takes connections, and that is all
  const std::string address = "127.0.0.1:" + std::to_string(silent.port());
  for (const auto& command : {subscribing, publishing}) {
    auto tls = run(with(command, {"--connect-timeout=50ms"}), "https://" + address);
    CHECK(tls.wait() == 69);
    CHECK_THAT(tls.err(), Catch::Contains("no connection to https://" + address + " in time"));
    auto proxied =
        run(with(command, {"--connect-timeout=50ms", "--proxy", address}), "https://hub.invalid");
    CHECK(proxied.wait() == 69);
    CHECK_THAT(proxied.err(), Catch::Contains("through the proxy " + address + " in time"));
  }
}

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT

TEST_CASE("Both commands trust the authorities that they are given", "[commands][reach][tls]") {
  const SecureServer server;
  struct Way {
    std::vector<std::string> options;
    std::vector<std::string> variables;
    bool is_trusted;
  };
  const Way ways[] = {{{}, {}, false},
                      {{"--cacert", server.certificate()}, {}, true},
                      {{"-k"}, {}, true},
                      {{}, {"SSL_CERT_FILE=" + server.certificate()}, true}};
  for (const Way& way : ways) {
    for (const auto& command : {subscribing, publishing}) {
      auto program = run(with(command, way.options), server.origin(), way.variables);
      CHECK(program.wait() == (way.is_trusted ? 0 : 76));
      if (way.is_trusted) continue;
      CHECK_THAT(program.err(), Catch::Contains("no secure connection to " + server.origin()));
      CHECK_THAT(program.err(), Catch::Contains("self-signed certificate"));
    }
  }
}

TEST_CASE("A server may ask who we are", "[commands][reach][tls]") {
  const SecureServer server(SecureServer::Clients::kWithItsCertificate);
  for (const auto& command : {subscribing, publishing}) {
    const auto trusting = with(command, {"--cacert", server.certificate()});
    auto known = run(with(trusting, {"--cert", server.certificate(), "--key", server.key()}),
                     server.origin());
    CHECK(known.wait() == 0);
    auto unknown = run(trusting, server.origin());
    CHECK(unknown.wait() != 0);
    auto keyless = run(with(trusting, {"--key", server.key()}), server.origin());
    CHECK(keyless.wait() == 64);
    CHECK_THAT(keyless.err(), Catch::Contains("--key needs --cert"));
    auto missing = run(with(trusting, {"--cert", "no-such-file"}), server.origin());
    CHECK(missing.wait() == 66);
  }
}

#endif

}  // namespace
}  // namespace sse::test
