// The place on disks that are full or read-only, and under odd circumstances.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "commands/sub_stage.h"
#include "support/catch.h"

using sse::test::Program;
using sse::test::read_text;
using sse::test::start_shell;
using sse::test::SubStage;
using sse::test::with_time_enough;
using sse::test::write_text;

namespace {

/// Whether this user may make mounts that no other process sees; says so loudly when not.
bool may_mount() {
  Program probe({"unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/mnt"});
  if (probe.wait() == 0) return true;
  WARN("SKIPPED: this needs the right to mount (root): " << probe.err());
  return false;
}

/// `script` in a mount namespace of its own.
Program start_with_mounts(const SubStage& stage, const std::string& script) {
  write_text(stage.directory.file("script"), "set -e\n" + script);
  return start_shell(stage, "exec unshare -m bash ./script");
}

std::string event(int id) {
  return "id: " + std::to_string(id) + "\ndata: " + std::to_string(id) + "\n\n";
}

}  // namespace

TEST_CASE("On a full disk the events go on, and the last place that was saved stays",
          "[commands][sub][disk]") {
  if (!may_mount()) return;
  SubStage stage;
  auto script = start_with_mounts(stage, R"(
    mkdir full && mount -t tmpfs -o size=64k tmpfs full
    $SUB --cursor-file full/place -C1 || echo "first $?"
    dd if=/dev/zero of=full/filler bs=1k count=128 2>/dev/null || :
    $SUB --cursor-file full/place -C2 2>err || echo "full $?"
    rm full/filler
    $SUB --cursor-file full/place -C2 || echo "again $?"
    $SUB --cursor-file full/place --show-cursor | grep '^id')");
  CHECK(stage.server.accept_stream(event(1)).header("Last-Event-ID").empty());
  CHECK(stage.server.accept_stream(event(2) + event(3)).header("Last-Event-ID") == "1");
  CHECK(stage.server.accept_stream(event(2) + event(3)).header("Last-Event-ID") == "1");
  CHECK(script.wait() == 0);
  CHECK(script.out() == "1\n2\n3\nfull 73\n2\n3\nid 3\n");
  CHECK(read_text(stage.directory.file("err")).find("No space left on device; continuing") !=
        std::string::npos);
}

TEST_CASE("A disk that was full for a while keeps no grudge", "[commands][sub][disk]") {
  if (!may_mount()) return;
  SubStage stage;
  auto script = start_with_mounts(stage, R"(
    mkdir full && mount -t tmpfs -o size=64k tmpfs full
    dd if=/dev/zero of=full/filler bs=1k count=128 2>/dev/null || :
    $SUB --cursor-file full/place --cursor-interval 0 -C2 -x '
      read n; test $n = 1 || rm full/filler' 2>err
    grep '^id' full/place)");
  const auto stream = stage.server.accept_stream(event(1) + event(2));
  CHECK(script.wait() == 0);
  CHECK(script.out() == "id 2\n");
  CHECK(read_text(stage.directory.file("err")).find("No space left") != std::string::npos);
}

TEST_CASE("In a read-only directory the place is read, and 73 at the end",
          "[commands][sub][disk]") {
  if (!may_mount()) return;
  SubStage stage;
  auto script = start_with_mounts(stage, R"(
    mkdir state && mount -t tmpfs tmpfs state
    echo 7 >state/place
    mount -o remount,ro state
    $SUB --cursor-file state/place -C1 2>err || echo "read-only $?")");
  CHECK(stage.server.accept_stream(event(8)).header("Last-Event-ID") == "7");
  CHECK(script.wait() == 0);
  CHECK(script.out() == "8\nread-only 73\n");
  CHECK(read_text(stage.directory.file("err")).find("Read-only file system; continuing") !=
        std::string::npos);
}

TEST_CASE("Without HOME there is no state directory, and --cursor-file still works",
          "[commands][sub][disk]") {
  SubStage stage;
  stage.environment = {"SSE_URL=" + stage.server.url()};
  auto lost =
      start_shell(stage, "unset HOME; $SUB --resume; echo $?; HOME= $SUB --resume; echo $?");
  CHECK(lost.wait() == 0);
  CHECK(lost.out() == "78\n78\n");
  CHECK(lost.err().find("neither HOME nor XDG_STATE_HOME is set; give a file with --cursor-file") !=
        std::string::npos);
  auto own = start_shell(stage, "unset HOME; $SUB --cursor-file place -C1");
  const auto stream = stage.server.accept_stream(event(1));
  CHECK(own.wait() == 0);
}

TEST_CASE("A truncated place is taken from its backup", "[commands][sub][disk]") {
  SubStage stage;
  for (int id = 1; id <= 2; ++id) {
    auto sub = stage.start({"--cursor-file=place", "-C1"});
    const auto stream = stage.server.accept_stream(event(id));
    CHECK(sub.wait() == 0);
  }
  const auto whole = read_text(stage.directory.file("place"));
  write_text(stage.directory.file("place"), whole.substr(0, whole.size() / 2));
  auto sub = stage.start({"--cursor-file=place", "-C1"});
  CHECK(stage.server.accept_stream(event(2)).header("Last-Event-ID") == "1");
  CHECK(sub.wait() == 0);
  CHECK(sub.err().find("place cannot be used: it is cut off") != std::string::npos);
}

TEST_CASE("The place is shown, and forgotten, on request", "[commands][sub][disk]") {
  SubStage stage;
  auto none = stage.start({"--resume=work", "--show-cursor"});
  CHECK(none.wait() == 1);
  CHECK(none.out().empty());
  CHECK(none.err().find("there is no position in ") != std::string::npos);

  auto sub = stage.start({"--resume=work"});
  const auto stream = stage.server.accept_stream(event(1));
  const std::string name = "state/work@127.0.0.1_" + std::to_string(stage.server.port());
  const auto show = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"--resume=work", "--show-cursor"});
    auto shown = stage.start(options);
    shown.wait();
    return shown.out();
  };
  // Also while it is in use.
  sse::test::wait_until([&] { return !show({}).empty(); }, "the first save");
  CHECK(show({}).find("file " + stage.directory.file(name)) == 0);
  CHECK(show({}).find("\nid 1\nurl " + stage.server.url() + "/events/watch\ntime 2") !=
        std::string::npos);
  CHECK(show({"-o", "json"}).find(",\"id\":\"1\",\"url\":\"") != std::string::npos);
  CHECK(show({"-o", "json"}).find(",\"stream\":null,") != std::string::npos);

  auto busy = stage.start({"--resume=work", "--reset-cursor"});
  CHECK(busy.wait() == 75);
  sub.signal(SIGTERM);
  sub.wait();
  auto again = stage.start({"--resume=work", "--reset-cursor", "--since=earliest", "-C1"});
  const auto second = stage.server.accept_stream(event(1));
  CHECK(second.header("Last-Event-ID").empty());
  CHECK(second.target() == "/events/watch?since=earliest");
  CHECK(again.wait() == 0);

  for (const char* option : {"--show-cursor", "--reset-cursor"}) {
    auto nowhere = stage.start({option});
    CHECK(nowhere.wait() == 64);
    CHECK(nowhere.err().find("without --resume or --cursor-file") != std::string::npos);
  }
}

TEST_CASE("A place holds no token of its URL, and is found by that URL", "[commands][sub][disk]") {
  SubStage stage;
  const std::vector<std::string> first{stage.server.url() + "/events/watch?token=s3cret",
                                       "--cursor-file=place", "-C1"};
  auto sub = stage.start(first);
  const auto stream = stage.server.accept_stream(event(1));
  CHECK(sub.wait() == 0);
  const std::string saved = read_text(stage.directory.file("place"));
  CHECK(saved.find("s3cret") == std::string::npos);
  CHECK(saved.find("token=***") != std::string::npos);
  auto shown = stage.start({"--cursor-file=place", "--show-cursor"});
  CHECK(shown.wait() == 0);
  CHECK(shown.out().find("token=***") != std::string::npos);
  auto again = stage.start(first);
  CHECK(stage.server.accept_stream(event(2)).header("Last-Event-ID") == "1");
  CHECK(again.wait() == 0);
}

TEST_CASE("The place can be saved with every piece that is written", "[commands][sub][disk]") {
  SubStage stage;
  auto sub = stage.start({"--cursor-file=place", "--cursor-interval=0"});
  const auto stream = stage.server.accept_stream(event(1));
  for (int id = 2; id < 20; ++id) {
    stream.send(event(id));
    sse::test::wait_until(
        [&] {
          return read_text(stage.directory.file("place"))
                     .find("\nid " + std::to_string(id) + "\n") != std::string::npos;
        },
        "a save for each event");
  }
}

TEST_CASE("A crash behind the place loses, and never repeats, when that was asked for",
          "[commands][sub][disk]") {
  SubStage stage;
  // The pipe is full, so that the event is on its way for ever; its place is saved all the same.
  auto shell = start_shell(stage, R"(mkfifo f; exec 3<>f; head -c 65536 /dev/zero >&3
                                     exec $SUB --cursor-file place --commit=before >f)");
  const auto stream = stage.server.accept_stream(event(1));
  sse::test::wait_until(
      [&] {
        return read_text(stage.directory.file("place")).find("\nid 1\n") != std::string::npos;
      },
      "the place before the event");
  shell.signal(SIGKILL);
  CHECK(shell.wait() == 128 + SIGKILL);
}

TEST_CASE("The timeout covers a name that does not resolve", "[commands][sub][disk]") {
  if (!may_mount()) return;
  // A name server that is silent.
  const sse::UniqueFd server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (77U << 8U));
  if (::bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    WARN("SKIPPED: this needs port 53 of 127.0.77.1");
    return;
  }
  with_time_enough([&](const std::string& limit) {
    SubStage stage;
    write_text(stage.directory.file("resolv.conf"), "nameserver 127.0.77.1\noptions timeout:30\n");
    auto script = start_with_mounts(stage, "mount --bind resolv.conf /etc/resolv.conf; $SUB -W " +
                                               limit + " http://hub.example.org/ || echo $?");
    CHECK(script.wait() == 0);
    CHECK(script.out() == "124\n");
    pollfd asked{server.get(), POLLIN, 0};
    return ::poll(&asked, 1, 0) == 1;
  });
}
