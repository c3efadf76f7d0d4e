#pragma once

/// \file
/// https for tests. Only where cpp-httplib has TLS.

#include <memory>
#include <string>
#include <thread>

#include <httplib.h>

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT

namespace sse::test {

/// A server with one event, whose certificate is for 127.0.0.1 and signed by itself.
class SecureServer {
 public:
  enum class Clients { kAny, kWithItsCertificate };

  explicit SecureServer(Clients clients = Clients::kAny) {
    Program openssl({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key(), "-out",
                     certificate(), "-days", "2", "-subj", "/CN=test", "-addext",
                     "subjectAltName=IP:127.0.0.1"});
    REQUIRE(openssl.wait() == 0);
    const std::string authority = clients == Clients::kAny ? "" : certificate();
    server_ = std::make_unique<httplib::SSLServer>(
        certificate().c_str(), key().c_str(),
        clients == Clients::kAny ? nullptr : authority.c_str());
    server_->Get("/events/watch", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("id: 1\ndata: secret\n\n", "text/event-stream");
    });
    server_->Post("/events", [](const httplib::Request&, httplib::Response& response) {
      response.status = 201;
      response.set_content("{\"id\":\"1\"}", "application/json");
    });
    port_ = server_->bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_->listen_after_bind(); });
  }

  ~SecureServer() {
    while (!server_->is_running()) std::this_thread::yield();
    server_->stop();
    thread_.join();
  }

  std::string certificate() const { return directory_.file("certificate.pem"); }
  std::string key() const { return directory_.file("key.pem"); }
  std::string origin() const { return "https://127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port_) + "/events/watch";
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<httplib::SSLServer> server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace sse::test

#endif
