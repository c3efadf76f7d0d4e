// Which handshakes succeed, and what a peer may do to a connection afterwards.

#include <string>

#include <openssl/ssl.h>

#include "sse/base/certificate_name.h"
#include "sse/net/tls_context.h"

#include "net/tls_stage.h"

namespace sse::net {
namespace {

using Handshake = TlsSocket::Handshake;
using test::TlsWish;

/// What becomes of a handshake; the client says why it failed.
bool is_refused(const TlsWish& wish, const std::shared_ptr<const TlsContext>& context) {
  TlsStage stage(wish, context);
  const bool refused = stage.shake_hands() == Handshake::kFailed;
  if (refused) {
    CHECK_FALSE(stage.socket->failure().empty());
    CHECK(stage.write("x").status == IoStatus::kPeerGone);
    CHECK(stage.socket->tls() == nullptr);
    CHECK_FALSE(stage.client.failure().empty());
  }
  return refused;
}

TEST_CASE("Versions before 1.2 are refused, and 1.2 where 1.3 is asked for", "[net][tls]") {
  const auto usual = shared_context();
  CHECK(is_refused({.least = TLS1_VERSION, .most = TLS1_VERSION}, usual));
  CHECK(is_refused({.least = TLS1_1_VERSION, .most = TLS1_1_VERSION}, usual));
  CHECK_FALSE(is_refused({.least = TLS1_2_VERSION, .most = TLS1_2_VERSION}, usual));
  const auto strict = test::make_tls_context({.least = TlsVersion::k13});
  CHECK(is_refused({.least = TLS1_2_VERSION, .most = TLS1_2_VERSION}, strict));
  CHECK_FALSE(is_refused({}, strict));
}

TEST_CASE("Only ECDHE with authenticated encryption is spoken", "[net][tls]") {
  const auto with = [](const char* ciphers) {
    return TlsWish{.least = TLS1_2_VERSION, .most = TLS1_2_VERSION, .ciphers = ciphers};
  };
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                              "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    CAPTURE(ciphers);
    CHECK_FALSE(is_refused(with(ciphers), shared_context()));
  }
  for (const char* ciphers :
       {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256", "AES128-SHA",
        "eNULL", "aNULL", "DHE", "PSK", "ECDHE-ECDSA-AES128-CCM"}) {
    CAPTURE(ciphers);
    CHECK(is_refused(with(ciphers), shared_context()));
  }
}

TEST_CASE("The hub chooses the cipher, unless a client asks for ChaCha20 first", "[net][tls]") {
  const auto chosen = [](const char* ciphers) {
    TlsStage stage({.least = TLS1_2_VERSION, .most = TLS1_2_VERSION, .ciphers = ciphers});
    REQUIRE(stage.shake_hands() == Handshake::kDone);
    return stage.client.cipher();
  };
  CHECK(chosen("ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256") ==
        "ECDHE-ECDSA-AES128-GCM-SHA256");
  CHECK(chosen("ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305") ==
        "ECDHE-ECDSA-AES256-GCM-SHA384");
  CHECK(chosen("ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256") ==
        "ECDHE-ECDSA-CHACHA20-POLY1305");
  TlsStage stage({.least = TLS1_3_VERSION});  // OpenSSL's client asks for AES-256 first
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  CHECK(stage.client.cipher() == "TLS_AES_128_GCM_SHA256");
}

TEST_CASE("A client that asks for other protocols alone is refused", "[net][tls]") {
  CHECK(is_refused({.protocols = {"spdy/3", "h3"}}, shared_context()));
  TlsStage stage({.protocols = {"h2", "http/1.1"}});
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  CHECK(stage.client.protocol() == "http/1.1");
  CHECK(stage.socket->tls()->protocol == "http/1.1");
}

TEST_CASE("The best of the server's protocols is chosen", "[net][tls]") {
  TlsStage stage({.protocols = {"http/1.1", "h2"}},
                 test::make_tls_context({.protocols = {"h2", "http/1.1"}}));
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  CHECK(stage.socket->tls()->protocol == "h2");
}

TEST_CASE("Renegotiation is refused, and the connection goes on", "[net][tls]") {
  TlsStage stage({.least = TLS1_2_VERSION, .most = TLS1_2_VERSION});
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.client.renegotiate();
  stage.client.pump();
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kWouldBlock);
  stage.client.pump();
  CHECK(stage.client.failure().find("no renegotiation") != std::string::npos);
}

TEST_CASE("A flood of key updates ends the connection", "[net][tls]") {
  TlsStage stage({.least = TLS1_3_VERSION, .most = TLS1_3_VERSION});
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  stage.peer.set_room(0);
  for (int i = 0; i < TlsSocket::kMostMessages; ++i) stage.client.update_keys();
  stage.client.pump();
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kWouldBlock);
  CHECK(stage.socket->unsent() < 1'000);
  stage.client.update_keys();
  stage.client.pump();
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kPeerGone);
}

TEST_CASE("A flood of key updates that never blocks is read no further than its limit",
          "[net][tls]") {
  TlsStage stage({.least = TLS1_3_VERSION, .most = TLS1_3_VERSION});
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  for (int i = 0; i < 10'000; ++i) stage.client.update_keys();
  const std::string sealed = stage.client.take_sealed();
  stage.peer.send(sealed);
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kPeerGone);
  // What one read of the socket below takes.
  CHECK(sealed.size() - stage.peer.unread() < 20'000);
}

TEST_CASE("A flood of attempts to renegotiate is read and answered no further than its limit",
          "[net][tls]") {
  TlsStage stage({.least = TLS1_2_VERSION,
                  .most = TLS1_2_VERSION,
                  .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"});
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  const std::size_t before = stage.peer.received_bytes();
  stage.peer.send(stage.client.seal_hellos(3));
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kWouldBlock);
  const std::size_t answers = stage.peer.received_bytes() - before;
  CHECK(answers > 3 * 20);
  const std::string flood = stage.client.seal_hellos(10'000);
  stage.peer.send(flood.substr(flood.size() / 10'000 * 3));
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kPeerGone);
  CHECK(flood.size() - stage.peer.unread() < 20'000);
  CHECK(stage.peer.received_bytes() - before <= (TlsSocket::kMostMessages + 1) * answers / 3);
}

TEST_CASE("A handshake in records of one byte has its share of a turn", "[net][tls]") {
  test::TlsWish wish;
  for (int i = 0; i < 40; ++i) wish.protocols.push_back(std::string(200, 'p'));
  wish.protocols.push_back("http/1.1");
  TlsStage stage(wish);
  stage.client.feed({});
  const std::string hello = stage.client.take_sealed();
  std::string records;
  for (const char c : hello.substr(5)) records += std::string("\x16\x03\x01\0\x01", 5) + c;
  stage.peer.send(records);
  CHECK(stage.socket->shake_hands() == Handshake::kWaiting);
  CHECK(records.size() - stage.peer.unread() < 40'000);
  int turns = 0;
  for (; stage.peer.received().empty() && turns < 10; ++turns) {
    stage.told.clear();
    stage.loop->turn();
    REQUIRE_FALSE(stage.told.empty());
    CHECK(stage.socket->shake_hands() == Handshake::kWaiting);
  }
  CHECK(turns > 0);
  CHECK(stage.shake_hands() == Handshake::kDone);
}

TEST_CASE("A byte of data does not make up for a flood of key updates", "[net][tls]") {
  TlsStage stage({.least = TLS1_3_VERSION, .most = TLS1_3_VERSION});
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  for (int round = 0; round < 1'000; ++round) {
    for (int i = 0; i < TlsSocket::kMostMessages; ++i) stage.client.update_keys();
    stage.client.write("x");
  }
  const std::string sealed = stage.client.take_sealed();
  stage.peer.send(sealed);
  CHECK(stage.read() == "x");
  CHECK(stage.read().empty());
  CHECK(stage.last.status == IoStatus::kPeerGone);
  CHECK(sealed.size() - stage.peer.unread() < 20'000);
}

TEST_CASE("Data makes up for key updates", "[net][tls]") {
  TlsStage stage({.least = TLS1_3_VERSION, .most = TLS1_3_VERSION});
  REQUIRE(stage.shake_hands() == Handshake::kDone);
  const std::string text(TlsSocket::kDataForMessage, 'x');
  for (int i = 0; i < 10 * TlsSocket::kMostMessages; ++i) {
    stage.client.update_keys();
    stage.client.write(text);
    stage.client.pump();
    REQUIRE(stage.read() == text);
  }
}

TEST_CASE("A handshake goes on through short writes and single bytes", "[net][tls]") {
  TlsStage stage;
  stage.peer.set_write_limit(1);
  auto state = Handshake::kWaiting;
  for (int i = 0; i < 20'000 && !(state == Handshake::kDone && stage.client.is_done()); ++i) {
    stage.client.feed(stage.peer.take());
    for (const char c : stage.client.take_sealed()) {
      stage.peer.send({&c, 1});
      if (state == Handshake::kWaiting) state = stage.socket->shake_hands();
    }
    stage.loop->turn();
  }
  REQUIRE(state == Handshake::kDone);
  REQUIRE(stage.client.is_done());
  stage.peer.set_write_limit(test::kUnlimited);
  CHECK(stage.write("hello").bytes == 5);
}

TEST_CASE("A peer that leaves during the handshake is gone", "[net][tls]") {
  TlsStage stage;
  stage.client.pump();
  CHECK(stage.socket->shake_hands() == Handshake::kWaiting);
  stage.peer.finish();
  CHECK(stage.socket->shake_hands() == Handshake::kPeerGone);
}

TEST_CASE("Bytes that are not TLS fail the handshake", "[net][tls]") {
  TlsStage stage;
  stage.peer.send(std::string(100, '\x16'));
  CHECK(stage.socket->shake_hands() == Handshake::kFailed);
  CHECK_FALSE(stage.socket->failure().empty());
}

TEST_CASE("A client certificate of the authority names its client", "[net][tls]") {
  const test::Authority authority;
  const test::Authority stranger;
  const auto own = authority.issue();
  const auto context =
      TlsContext::make({own.certificate, own.key, authority.certificate()}, TlsOptions());
  REQUIRE(context);
  const auto named = authority.issue(
      {.name = "sensor 7", .alternatives = "DNS:S7.Example,email:S7@EXAMPLE.org,URI:urn:S7"});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsStage stage({.least = version, .most = version, .identity = &named}, *context);
    REQUIRE(stage.shake_hands() == Handshake::kDone);
    auto names = stage.socket->tls()->names;
    REQUIRE(names.size() == 4);
    CHECK(certificate_name(names.front()) == names.front());
    CHECK(names.front().starts_with("sha256:"));
    // Not the common name: authorities check the other names.
    names.erase(names.begin());
    CHECK(names ==
          std::vector<std::string>{"dns:s7.example", "email:S7@example.org", "uri:urn:S7"});
    // One that sends none goes on without a name.
    TlsStage nameless({.least = version, .most = version}, *context);
    REQUIRE(nameless.shake_hands() == Handshake::kDone);
    CHECK(nameless.socket->tls()->names.empty());
    for (const auto& bad :
         {stranger.issue({.name = "sensor 7"}),
          authority.issue({.name = "sensor 7", .valid_until = std::chrono::seconds(-60)})}) {
      TlsStage refused({.least = version, .most = version, .identity = &bad}, *context);
      CHECK(refused.shake_hands() == Handshake::kFailed);
    }
  }
}

TEST_CASE("An authority below another is trusted without it, and the others below it are not",
          "[net][tls]") {
  const test::Authority company;
  const test::Authority sensors(company);
  const test::Authority offices(company);
  const auto own = company.issue();
  const auto context =
      TlsContext::make({own.certificate, own.key, sensors.certificate()}, TlsOptions());
  REQUIRE(context);
  const auto sensor = sensors.issue({.name = "sensor 7"});
  TlsStage stage({.identity = &sensor}, *context);
  CHECK(stage.shake_hands() == Handshake::kDone);
  for (const auto& bad :
       {offices.issue({.name = "sensor 7"}), company.issue({.name = "sensor 7"})}) {
    TlsStage refused({.identity = &bad}, *context);
    CHECK(refused.shake_hands() == Handshake::kFailed);
    CHECK(refused.socket->failure() == "certificate verify failed");
  }
}

TEST_CASE("A chain of a client is bounded", "[net][tls]") {
  const test::Authority authority;
  const auto own = authority.issue();
  const auto context =
      TlsContext::make({own.certificate, own.key, authority.certificate()}, TlsOptions());
  REQUIRE(context);
  std::string names = "DNS:a.example";
  for (int i = 0; i < 1'000; ++i) names += ",DNS:long-name-" + std::to_string(i) + ".example";
  const auto large = authority.issue({.alternatives = names});
  TlsStage stage({.identity = &large}, *context);
  CHECK(stage.shake_hands() == Handshake::kFailed);
}

TEST_CASE(
    "The common name counts only without other names, and every certificate has a fingerprint",
    "[net][tls]") {
  const test::Authority authority;
  const auto own = authority.issue();
  const auto context =
      TlsContext::make({own.certificate, own.key, authority.certificate()}, TlsOptions());
  REQUIRE(context);
  const auto names_of = [&](const test::CertificateWish& wish) {
    const auto made = authority.issue(wish);
    TlsStage stage({.identity = &made}, *context);
    REQUIRE(stage.shake_hands() == Handshake::kDone);
    auto names = stage.socket->tls()->names;
    REQUIRE_FALSE(names.empty());
    CHECK(names.front().starts_with("sha256:"));
    names.erase(names.begin());
    return names;
  };
  CHECK(names_of({.name = "sensor 7"}) == std::vector<std::string>{"cn:sensor 7"});
  CHECK(names_of({.name = "s7@example.org"}) == std::vector<std::string>{"cn:s7@example.org"});
  CHECK(names_of({.name = "sensor 7", .alternatives = "IP:192.0.2.7"}).empty());
}

TEST_CASE("Certificate and key are checked before they are used", "[net][tls]") {
  const test::Authority authority;
  const auto one = authority.issue();
  const auto other = authority.issue();
  const auto why = [](const TlsMaterial& material) {
    const auto made = TlsContext::make(material, TlsOptions());
    return made ? std::string() : made.error().text;
  };
  CHECK(why({one.certificate, one.key, {}}).empty());
  CHECK(why({one.certificate + authority.certificate(), one.key, {}}).empty());
  CHECK(why({one.certificate, other.key, {}}) == "the key is not that of the certificate");
  CHECK(why({"", one.key, {}}).find("has no certificate") != std::string::npos);
  CHECK(why({"nonsense", one.key, {}}).find("has no certificate") != std::string::npos);
  CHECK(why({one.certificate, "nonsense", {}}).find("not a private key") != std::string::npos);
  CHECK(why({one.certificate.substr(0, 300), one.key, {}}).find("not a certificate") !=
        std::string::npos);
  CHECK(why({one.certificate, one.key, "nonsense"}).find("the client CA") != std::string::npos);
}

TEST_CASE("A context knows when its certificate ends", "[net][tls]") {
  const test::Authority authority;
  const auto made = authority.issue({.valid_until = std::chrono::hours(48)});
  const auto context = TlsContext::make({made.certificate, made.key, {}}, TlsOptions());
  REQUIRE(context);
  const auto left = (*context)->expires() - SystemClock().wall();
  CHECK(left > std::chrono::hours(47));
  CHECK(left < std::chrono::hours(49));
  CHECK((*context)->valid_from() < SystemClock().wall());
}

}  // namespace
}  // namespace sse::net
