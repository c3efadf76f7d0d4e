#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int exit_status(const std::vector<std::string>& arguments, std::string* text = nullptr) {
  Program program(arguments);
  const int status = program.wait();
  if (text != nullptr) *text = program.err();
  return status;
}

TEST_CASE("A port that is taken ends the second hub with 69 and its number", "[system][exit]") {
  const HubProgram hub;
  const std::string port = std::to_string(hub.port());
  std::string text;
  CHECK(exit_status({"sse-serve", "--bind", "127.0.0.1", "--port", port}, &text) == 69);
  CHECK(contains(text, port));
  CHECK(exit_status({"sse-serve", "--port", port}, &text) == 69);
  CHECK(contains(text, port));
}

TEST_CASE("What cannot be meant ends with 64, what cannot be had with 78", "[system][exit]") {
  std::string text;
  CHECK(exit_status({"sse-serve", "--max-client", "3"}, &text) == 64);
  CHECK(contains(text, "--max-clients"));
  CHECK(exit_status({"sse-serve", "--ttl", "soon"}, &text) == 64);
  CHECK(contains(text, "--ttl"));
  CHECK(exit_status({"sse-serve", "--bind", "256.1.1.1", "--port", "0"}, &text) == 64);
  CHECK(contains(text, "256.1.1.1"));
  CHECK(exit_status({"sse-serve", "--max-clients", "2000000000", "--port", "0"}, &text) == 78);
  CHECK(contains(text, "--max-clients 2000000000"));
}

TEST_CASE("A port that only root may have is 77", "[system][exit]") {
  std::ifstream setting("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  int first_free = 0;
  setting >> first_free;
  if (::geteuid() == 0 || first_free <= 1) return;
  std::string text;
  CHECK(exit_status({"sse-serve", "--bind", "127.0.0.1", "--port", "1"}, &text) == 77);
  CHECK(contains(text, "port 1"));
}

TEST_CASE("A hub serves one command at its own URL, and ends as it did", "[system][exit]") {
  Program program({"sse-serve", "--port", "0", "--", "sh", "-c", "echo \"at $SSE_URL\"; exit 7"});
  CHECK(program.wait() == 7);
  CHECK(contains(program.out(), "at http://127.0.0.1:"));
  CHECK(exit_status({"sse-serve", "--port", "0", "--", "true"}) == 0);
  CHECK(exit_status({"sse-serve", "--port", "0", "--", "/no/such/command"}) == 127);
}

TEST_CASE("The port file is there, whole, when the hub is ready", "[system][plain]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("port");
  const HubProgram hub({"--port-file", path});
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  CHECK(line == std::to_string(hub.port()));
}

}  // namespace
}  // namespace sse::test
