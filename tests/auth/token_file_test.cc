#include "sse/auth/token_file.h"

#include <string>

#include "sse/auth/static_token.h"

#include "support/catch.h"

namespace sse::auth {
namespace {

const std::string kToken = "sse_ci_" + std::string(43, 'A');
const std::string kHash = to_hex(sha256_of(kToken));

std::string row(const std::string& more = "") {
  return "[[token]]\nid = \"ci\"\nsha256 = \"" + kHash + "\"\n" + more;
}

std::string error(const std::string& text) {
  const auto file = TokenFile::parse(text, "tokens.toml");
  return file ? "" : file.error().text;
}

TEST_CASE("A token file says who each token is and what it may do", "[auth][token]") {
  const auto file = TokenFile::parse(row(R"(publish = ["ci/#"]
subscribe = ["ci/#", "metrics/+"]
permissions = ["observe"]        # a comment
expires = 2027-01-01T01:00:00+01:00
rate = "200/s"

[anonymous]
subscribe = ["public/#"]
)"),
                                     "tokens.toml");
  if (!file) FAIL(file.error().text);
  const auto principal = (*file)->find(kToken);
  REQUIRE(principal != nullptr);
  CHECK(principal->id == "token:ci");
  CHECK(principal->publish.topics() == std::vector<std::string>{"ci/#"});
  CHECK(principal->subscribe.topics() == std::vector<std::string>{"ci/#", "metrics/+"});
  CHECK(principal->permissions == Permissions{true, false, false});
  CHECK(principal->expires == WallTime(std::chrono::sys_days(std::chrono::year(2027) / 1 / 1)));
  CHECK(principal->limits.publish_rate == 200.0);
  REQUIRE((*file)->anonymous() != nullptr);
  CHECK((*file)->anonymous()->id == "anonymous");
  CHECK((*file)->anonymous()->subscribe.allows_topic("public/a"));
  CHECK((*file)->anonymous()->publish.is_empty());
}

TEST_CASE("Another token finds nothing", "[auth][token]") {
  const auto file = TokenFile::parse(row(), "tokens.toml");
  REQUIRE(file.has_value());
  CHECK((*file)->find(kToken) != nullptr);
  for (const std::string& other :
       {std::string(), "sse_ci_B" + std::string(42, 'A'), "sse_ci_" + std::string(42, 'A') + "E",
        "sse_ci2_" + std::string(43, 'A'), "sse_c_" + std::string(43, 'A'), kHash,
        "sse_CI_" + std::string(43, 'A')}) {
    CAPTURE(other);
    CHECK((*file)->find(other) == nullptr);
  }
}

TEST_CASE("A file without [anonymous] has none, and an empty file allows nothing",
          "[auth][token]") {
  const auto file = TokenFile::parse("", "tokens.toml");
  REQUIRE(file.has_value());
  CHECK((*file)->anonymous() == nullptr);
  CHECK((*file)->rows().empty());
  CHECK((*file)->find(kToken) == nullptr);
  const auto empty = TokenFile::parse("[anonymous]\nsubscribe = []\n", "tokens.toml");
  REQUIRE(empty.has_value());
  REQUIRE((*empty)->anonymous() != nullptr);
  CHECK((*empty)->anonymous()->subscribe.is_empty());
}

TEST_CASE("An error says the file, the line of the field, and what was expected", "[auth][token]") {
  CHECK(error(row("publish = \"ci/#\"")) == "tokens.toml:4: publish: expected an array of strings");
  CHECK(error(row("\npublish = [\"ci/#/a\"]"))
            .starts_with("tokens.toml:5: publish: grant \"ci/#/a\": "));
  CHECK(error(row("subscribe = [7]")) == "tokens.toml:4: subscribe: expected an array of strings");
  CHECK(error(row("permissions = [\"root\"]")) ==
        "tokens.toml:4: permissions: \"root\" is not a permission; expected observe, delete or "
        "admin");
  CHECK(error(row("expires = \"2027-01-01T00:00:00Z\""))
            .starts_with("tokens.toml:4: expires: expected a time without quotes"));
  CHECK(error(row("expires = 2027-01-01T00:00:00"))
            .starts_with("tokens.toml:4: \"expires\": expected a time from 1970 to 2261 with Z"));
  CHECK_FALSE(error(row("expires = 9999-01-01T00:00:00Z")).empty());
  CHECK_FALSE(error(row("expires = 2027-01-01")).empty());
  CHECK(error(row("rate = \"fast\"")).starts_with("tokens.toml:4: rate: "));
  CHECK(error(row("rate = \"0/s\"")).starts_with("tokens.toml:4: rate: "));
  CHECK(error(row("publsh = []")).starts_with("tokens.toml:4: \"publsh\" is not a key here; "));
  CHECK(error("[[token]]\nsha256 = \"" + kHash + "\"\n") == "tokens.toml:1: id: it is missing");
  CHECK(error("\n[[token]]\nid = \"ci\"\n") == "tokens.toml:2: sha256: it is missing");
  CHECK(error("[[token]]\nid = \"c i\"\nsha256 = \"" + kHash + "\"\n")
            .starts_with("tokens.toml:2: id: expected up to 64 letters"));
  CHECK(error("[[token]]\nid = \"ci\"\nsha256 = \"abc\"\n")
            .starts_with("tokens.toml:3: sha256: expected 64 hex digits"));
  CHECK(error("[anonymous]\nexpires = 2027-01-01T00:00:00Z\n").starts_with("tokens.toml:2: "));
  CHECK(error("[tokens]\n").starts_with("tokens.toml:1: \"tokens\" is not a section"));
  CHECK(error("[token]\nid = \"a\"\n").starts_with("tokens.toml:1: token: expected [[token]]"));
  CHECK(error("a = 1\n").starts_with("tokens.toml:1: "));
}

TEST_CASE("What is not TOML is an error with its line", "[auth][token]") {
  CHECK(error("[[token]]\nid = \n").starts_with("tokens.toml:2: not TOML: "));
  CHECK(error(row("id = \"again\"")).starts_with("tokens.toml:4: not TOML: "));
  // Half of a file that is being written.
  CHECK_FALSE(error(row().substr(0, 40)).empty());
  CHECK_FALSE(error("\xff").empty());
  CHECK_FALSE(error(std::string("a = \"\0\"", 8)).empty());
}

TEST_CASE("Two tokens have neither an id nor a hash in common", "[auth][token]") {
  CHECK(error(row() + "\n" + row()) == "tokens.toml:5: id: it is that of the token in line 1");
  auto other = row();
  other.replace(other.find("\"ci\""), 4, "\"web\"");
  CHECK(error(row() + "\n" + other) == "tokens.toml:5: sha256: it is that of the token in line 1");
}

TEST_CASE("A row may be that of a client certificate", "[auth][token]") {
  const auto file = TokenFile::parse(
      row() + "[[token]]\nid = \"sensor\"\ncertificate = \"cn:sensor 7\"\npublish = [\"#\"]\n",
      "tokens.toml");
  if (!file) FAIL(file.error().text);
  const auto found = [&](const std::vector<std::string>& names) {
    const auto principal = (*file)->find_certificate(names);
    return principal == nullptr ? std::string() : principal->id;
  };
  CHECK(found({"cn:sensor 7"}) == "token:sensor");
  CHECK(found({"dns:other", "cn:sensor 7"}) == "token:sensor");
  CHECK(found({"cn:sensor", "cn:Sensor 7", "dns:sensor 7", ""}).empty());
  CHECK(found({}).empty());
  // It is not a token, whatever its secret.
  CHECK((*file)->find("sse_sensor_" + std::string(43, 'A')) == nullptr);
  CHECK((*file)->find(kToken) != nullptr);
}

TEST_CASE("A row has a token or a certificate, and no name is that of two", "[auth][token]") {
  CHECK(error(row("certificate = \"dns:x\"\n")).find("no sha256 beside it") != std::string::npos);
  CHECK(error("[[token]]\nid = \"a\"\ncertificate = \"\"\n").find("expected dns:NAME") !=
        std::string::npos);
  CHECK(error("[[token]]\nid = \"a\"\ncertificate = \"dns:x\"\n"
              "[[token]]\nid = \"b\"\ncertificate = \"dns:x\"\n") ==
        "tokens.toml:4: certificate: it is that of the token in line 1");
  CHECK(error("[[token]]\nid = \"a\"\ncertificate = \"dns:x\"\n"
              "[[token]]\nid = \"b\"\ncertificate = \"email:x\"\n")
            .empty());
}

TEST_CASE("A row says which kind of name it has, in any case of a host", "[auth][token]") {
  const auto text = [](const std::string& name) {
    return "[[token]]\nid = \"a\"\ncertificate = \"" + name + "\"\n";
  };
  const std::string digest(64, 'a');
  for (const auto& [given, compared] :
       {std::pair<std::string, std::string>("dns:Board.Example", "dns:board.example"),
        {"email:Ann@Example.ORG", "email:Ann@example.org"},
        {"uri:urn:S7", "uri:urn:S7"},
        {"sha256:" + std::string(64, 'A'), "sha256:" + digest}}) {
    CAPTURE(given);
    const auto file = TokenFile::parse(text(given), "tokens.toml");
    REQUIRE(file);
    CHECK((*file)->find_certificate(std::vector<std::string>{compared}) != nullptr);
  }
  for (const std::string name :
       {"ann@example.org", "sensor 7", "ip:192.0.2.7", "dns:", "sha256:aa"}) {
    CAPTURE(name);
    CHECK(error(text(name)) == "tokens.toml:3: certificate: \"" + name +
                                   "\" does not name a client certificate; expected "
                                   "dns:NAME, email:ADDRESS, uri:URI, cn:NAME or "
                                   "sha256:FINGERPRINT");
  }
}

TEST_CASE("A token has at most 64 grants", "[auth][token]") {
  const auto list = [](int count) {
    std::string text = "[";
    for (int i = 0; i < count; ++i) text += "\"t" + std::to_string(i) + "\",";
    return text + "]\n";
  };
  CHECK(error(row("publish = " + list(32) + "subscribe = " + list(32))).empty());
  CHECK(error(row("publish = " + list(32) + "subscribe = " + list(33)))
            .starts_with("tokens.toml:1: expected at most 64 grants"));
}

TEST_CASE("Of 10,000 tokens each is found", "[auth][token]") {
  std::string text;
  std::vector<std::string> tokens;
  for (int i = 0; i < 10'000; ++i) {
    const auto id = "t" + std::to_string(i);
    tokens.push_back(*make_static_token(id));
    text +=
        "[[token]]\nid = \"" + id + "\"\nsha256 = \"" + to_hex(sha256_of(tokens.back())) + "\"\n";
  }
  const auto file = TokenFile::parse(text, "tokens.toml");
  REQUIRE(file.has_value());
  std::size_t found = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto principal = (*file)->find(tokens[i]);
    found += principal && principal->id == "token:t" + std::to_string(i) ? 1U : 0U;
  }
  CHECK(found == tokens.size());
}

}  // namespace
}  // namespace sse::auth
