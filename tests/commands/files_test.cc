// Files that the programs write whole: what they do with links, devices and FIFOs of these names.

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "commands/pub_stage.h"
#include "commands/sub_stage.h"
#include "support/catch.h"
#include "support/program.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

namespace fs = std::filesystem;

/// The ways in which the programs write a file whole.
struct Writer {
  std::string option;
  std::string begin;  ///< of what is in the file
  std::function<int(const HubProgram&, const std::string& path)> run;
};

std::vector<Writer> writers() {
  const auto subscribe = [](const std::string& option) {
    return [option](const HubProgram& hub, const std::string& path) {
      return Program({"sse-sub", hub.url(), "--since=-1", "-C1", "-o", "none", option + "=" + path})
          .wait();
    };
  };
  return {
      {"--port-file", "",
       [](const HubProgram&, const std::string& path) {
         return Program({"sse-serve", "-q", "--port=0", "--port-file", path, "--", "true"}).wait();
       }},
      {"--ready-file", "", subscribe("--ready-file")},
      {"--cursor-file", "version 1\n", subscribe("--cursor-file")},
      {"--checkpoint", "version 1\n", [](const HubProgram& hub, const std::string& path) {
         const std::string input = path + ".in";
         write_text(input, "{\"data\":1}\n");
         return run_pub(hub.url(), {"load", "--checkpoint", path, input}).status;
       }}};
}

struct FilesStage {
  HubProgram hub;
  TemporaryDirectory directory;
  std::string path = directory.file("link");
  std::string target = directory.file("target");

  FilesStage() { REQUIRE(run_pub(hub.url(), {"event", "-d", "x"}).status == 0); }
};

TEST_CASE("A file that is a link is written where it leads", "[commands][files]") {
  for (const auto& writer : writers()) {
    CAPTURE(writer.option);
    const FilesStage stage;
    fs::create_symlink("target", stage.path);
    CHECK(writer.run(stage.hub, stage.path) == 0);
    CHECK(fs::is_symlink(stage.path));
    CHECK_FALSE(read_text(stage.target).empty());
    CHECK_THAT(read_text(stage.target), Catch::StartsWith(writer.begin));
  }
}

TEST_CASE("A directory or a socket of that name is refused", "[commands][files]") {
  for (const auto& writer : writers()) {
    CAPTURE(writer.option);
    const FilesStage stage;
    fs::create_directory(stage.path);
    CHECK(writer.run(stage.hub, stage.path) != 0);
    CHECK(fs::is_directory(stage.path));
  }
}

TEST_CASE("Links in place of temporary and lock files are not followed", "[commands][files]") {
  for (const auto& writer : writers()) {
    CAPTURE(writer.option);
    const FilesStage stage;
    write_text(stage.target, "precious");
    for (const char* suffix : {".tmp", ".lock"}) fs::create_symlink("target", stage.path + suffix);
    writer.run(stage.hub, stage.path);
    CHECK(read_text(stage.target) == "precious");
  }
}

TEST_CASE("No temporary file is left", "[commands][files]") {
  for (const auto& writer : writers()) {
    CAPTURE(writer.option);
    const FilesStage stage;
    CHECK(writer.run(stage.hub, stage.path) == 0);
    for (const auto& entry : fs::directory_iterator(stage.directory.path())) {
      CHECK_THAT(entry.path().string(), !Catch::EndsWith(".tmp"));
    }
  }
}

TEST_CASE("A device is written into and stays one", "[commands][files]") {
  for (const auto& writer : writers()) {
    CAPTURE(writer.option);
    const FilesStage stage;
    constexpr unsigned kMemory = 1;
    constexpr unsigned kNull = 3;
    if (::mknod(stage.path.c_str(), S_IFCHR | 0666, makedev(kMemory, kNull)) != 0) {
      WARN("SKIPPED: this needs the right to make a device (root)");
      return;
    }
    const int status = writer.run(stage.hub, stage.path);
    CHECK((status == 0) == (writer.option != "--checkpoint"));  // which must be read again
    CHECK(fs::is_character_file(stage.path));
  }
}

TEST_CASE("A FIFO gets the port, whether its reader is early or late", "[commands][files]") {
  const TemporaryDirectory directory;
  const std::string fifo = directory.file("fifo");
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  Program early({"cat", fifo});
  Program hub({"sse-serve", "-q", "--port=0", "--port-file", fifo});
  CHECK(early.wait() == 0);
  CHECK(std::stoi(early.out()) > 0);
  Program other({"sse-serve", "--port=0", "--port-file", fifo});
  other.wait_for_err("listening on");
  Program late({"cat", fifo});
  CHECK(late.wait() == 0);
  CHECK(std::stoi(late.out()) > 0);
  CHECK(fs::is_fifo(fifo));
}

TEST_CASE("A position that is a FIFO does not block", "[commands][files]") {
  const FilesStage stage;
  REQUIRE(::mkfifo(stage.path.c_str(), 0600) == 0);
  Program sub({"sse-sub", stage.hub.url(), "--since=-1", "-C1", "--cursor-file", stage.path});
  CHECK(sub.wait() == 0);
  CHECK(sub.out() == "x\n");
  Program shown({"sse-sub", "--cursor-file", stage.path, "--show-cursor"});
  CHECK(shown.wait() == 1);
}

TEST_CASE("A lock that is a FIFO is refused and does not block", "[commands][files]") {
  const FilesStage stage;
  REQUIRE(::mkfifo((stage.path + ".lock").c_str(), 0600) == 0);
  Program sub({"sse-sub", stage.hub.url(), "--since=-1", "-C1", "--cursor-file", stage.path});
  CHECK(sub.wait() == 73);
  CHECK_THAT(sub.err(), Catch::Contains("it is not a regular file"));
}

TEST_CASE("The option --cursor-file makes no directory", "[commands][files]") {
  const FilesStage stage;
  const std::string path = stage.directory.file("typo/dir/place");
  Program sub({"sse-sub", stage.hub.url(), "--since=-1", "-C1", "--cursor-file", path});
  CHECK(sub.wait() == 73);
  CHECK_THAT(sub.err(),
             Catch::Contains("there is no directory " + stage.directory.file("typo/dir")));
  CHECK_FALSE(fs::exists(stage.directory.file("typo")));
}

TEST_CASE("A bind to unix:FILE deletes nothing that is not a dead socket", "[commands][files]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s");
  const auto start = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"sse-serve", "-q", "--bind", "unix:" + path};
    words.insert(words.end(), more.begin(), more.end());
    return Program(words);
  };
  write_text(path, "precious");
  auto refused = start({});
  CHECK(refused.wait() == 69);
  CHECK_THAT(refused.err(), Catch::Contains("not a socket; remove it first"));
  CHECK(start({"--check-config"}).wait() == 69);
  CHECK(read_text(path) == "precious");
  fs::rename(path, directory.file("precious"));
  fs::create_symlink("precious", path);
  CHECK(start({}).wait() == 69);
  CHECK(read_text(path) == "precious");
  fs::remove(path);
  {
    auto killed = start({});
    wait_until([&] { return fs::is_socket(path); }, "the socket");
    CHECK(start({}).wait() == 69);  // a program listens
    killed.signal(SIGKILL);
    killed.wait();
  }
  CHECK(start({"--", "true"}).wait() == 0);  // none does
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("A hub that ends leaves another one's socket", "[commands][files]") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("s");
  Program first({"sse-serve", "--bind", "unix:" + path});
  first.wait_for_err("listening on");
  fs::remove(path);
  Program second({"sse-serve", "--bind", "unix:" + path});
  second.wait_for_err("listening on");
  first.signal(SIGTERM);
  CHECK(first.wait() == 0);
  CHECK(fs::is_socket(path));
}

}  // namespace
}  // namespace sse::test
