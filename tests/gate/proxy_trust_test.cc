#include "sse/gate/proxy_trust.h"

#include <string>
#include <vector>

#include "sse/http/request.h"

#include "support/catch.h"

namespace sse::gate {
namespace {

using Lines = std::vector<std::string>;

struct Stage {
  explicit Stage(ProxyField field = ProxyField::kXForwardedFor)
      : name(field == ProxyField::kForwarded ? "Forwarded" : "X-Forwarded-For"),
        trust({{AddressRange::parse("10.0.0.0/8").value(), AddressRange::parse("::1").value()},
               true,
               field}) {}

  std::string peer(const std::string& from, const Lines& lines) {
    request = {};
    request.remote_address = from;
    request.group = peer_group(from);
    for (const auto& line : lines) request.fields.add(name, line);
    trust.derive_peer(request);
    return request.remote_address;
  }

  std::string name;
  ProxyTrust trust;
  http::Request request;
};

TEST_CASE("The peer is the right-most address that is not a proxy of ours", "[gate][proxy]") {
  Stage stage;
  CHECK(stage.peer("10.0.0.7", {"192.0.2.1"}) == "192.0.2.1");
  CHECK(stage.request.is_forwarded);
  CHECK(stage.request.group == peer_group("192.0.2.1"));
  CHECK(stage.peer("10.0.0.7", {"198.51.100.9, 192.0.2.1, 10.0.0.3"}) == "192.0.2.1");
  CHECK(stage.peer("10.0.0.7", {"127.0.0.1", "192.0.2.1", "10.0.0.3"}) == "192.0.2.1");
  CHECK(stage.peer("10.0.0.7", {"192.0.2.1:4711"}) == "192.0.2.1");
  CHECK(stage.peer("10.0.0.7", {"[2001:db8::7]:80"}) == "2001:db8::7");
  CHECK(stage.peer("::1", {" 2001:db8::7 "}) == "2001:db8::7");
  CHECK(stage.peer("unix", {"192.0.2.1"}) == "192.0.2.1");
  CHECK(stage.peer("10.0.0.7", {"10.0.0.4, 10.0.0.3"}) == "10.0.0.4");
}

TEST_CASE("Nothing else is believed", "[gate][proxy]") {
  Stage stage;
  CHECK(stage.peer("192.0.2.5", {"192.0.2.1"}) == "192.0.2.5");
  CHECK_FALSE(stage.request.is_forwarded);
  CHECK(stage.peer("10.0.0.7", {}) == "10.0.0.7");
  CHECK(stage.peer("10.0.0.7", {"192.0.2.1, unknown"}) == "10.0.0.7");
  CHECK(stage.peer("10.0.0.7", {"192.0.2.1, unknown, 10.0.0.3"}) == "10.0.0.3");
  stage.request = {};
  stage.request.remote_address = "10.0.0.7";
  stage.request.fields.add("Forwarded", "for=192.0.2.1");
  stage.trust.derive_peer(stage.request);
  CHECK(stage.request.remote_address == "10.0.0.7");
}

TEST_CASE("The standard field is read where it is the one", "[gate][proxy]") {
  Stage stage(ProxyField::kForwarded);
  CHECK(stage.peer("10.0.0.7", {"for=192.0.2.1;proto=https"}) == "192.0.2.1");
  CHECK(stage.peer("10.0.0.7", {"proto=https; For=\"[2001:db8::7]:80\""}) == "2001:db8::7");
  CHECK(stage.peer("10.0.0.7", {"for=198.51.100.9, for=192.0.2.1", "for=10.0.0.3"}) == "192.0.2.1");
  CHECK(stage.peer("10.0.0.7", {"for=_hidden"}) == "10.0.0.7");
}

}  // namespace
}  // namespace sse::gate
