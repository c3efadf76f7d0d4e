// A directory of history that belongs to another user, or that may not be written.

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/raw_http.h"
#include "support/temporary_directory.h"

namespace sse::test {
namespace {

/// The words of a command that permissions hold for: root's are run as another user.
std::vector<std::string> as_plain_user(std::vector<std::string> words) {
  if (::geteuid() != 0) return words;
  words[0] = program_path(words[0]);
  const std::vector<std::string> prefix{"setpriv", "--reuid=65534", "--regid=65534",
                                        "--clear-groups", "--"};
  words.insert(words.begin(), prefix.begin(), prefix.end());
  return words;
}

/// Whether that user reaches the programs; says so loudly when not.
bool can_run() {
  Program probe(as_plain_user({"sse-serve", "--version"}));
  if (probe.wait() == 0) return true;
  WARN("SKIPPED: another user cannot run the programs: " << probe.err());
  return false;
}

struct Ended {
  int status = 0;
  std::string err;
};

Ended run(const std::vector<std::string>& words) {
  Program program(as_plain_user(words));
  const int status = program.wait();
  return {status, program.err()};
}

Ended start(const std::string& data) {
  return run({"sse-serve", "--port=0", "--data-dir=" + data, "--", "true"});
}

Ended check(const std::string& data) {
  return run({"sse-serve", "check", data});
}

void allow(const std::string& path, mode_t mode) {
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

/// What a killed hub has left, in a place that every user may go to. What is in it every user may
/// read and write.
class Left {
 public:
  Left() {
    allow(directory_.path(), 0755);
    HubProgram hub({"--data-dir=" + data, "--data-reserve=0"});
    REQUIRE(request(hub.port(), "POST", "/events", R"({"data":"text"})").status == 201);
    hub.program().signal(SIGKILL);
    hub.program().wait();
    for (const char* name : {"lock", "head", "log.db", "log.db-wal"}) allow(file(name), 0666);
    allow(data, 0777);
  }
  ~Left() { ::chmod(data.c_str(), 0700); }
  Left(const Left&) = delete;
  Left& operator=(const Left&) = delete;

  std::string file(const char* name) const { return data + "/" + name; }
  std::string bytes() const { return read_text(file("log.db")) + read_text(file("log.db-wal")); }

 private:
  const TemporaryDirectory directory_;

 public:
  const std::string data = directory_.file("data");
};

TEST_CASE("A directory that may not be used is 73 for a hub, and stays as it is",
          "[serve][history][permission]") {
  struct Case {
    const char* name;     // what is lowered; empty: the directory
    mode_t mode;          // to this
    int status_of_check;  // which writes nothing
  };
  const auto& [name, mode, status_of_check] =
      GENERATE(Case{"", 0000, 77}, Case{"", 0555, 0}, Case{"lock", 0000, 77}, Case{"lock", 0444, 0},
               Case{"head", 0000, 0}, Case{"log.db", 0000, 77});
  if (!can_run()) return;
  const Left left;
  const std::string lowered = *name == '\0' ? left.data : left.file(name);
  CAPTURE(lowered, mode);
  allow(lowered, mode);
  if (mode == 0555) allow(left.file("lock"), 0444);  // it would be opened otherwise
  const auto before = left.bytes();
  const auto started = start(left.data);
  CHECK(started.status == 73);
  CHECK_THAT(started.err, Catch::Contains(lowered));
  const auto checked = check(left.data);
  CHECK(checked.status == status_of_check);
  if (status_of_check != 0) CHECK_THAT(checked.err, Catch::Contains(lowered));
  if (::geteuid() == 0) CHECK(left.bytes() == before);
}

TEST_CASE("A database that may only be read is 73 for a hub", "[serve][history][permission]") {
  if (!can_run()) return;
  const Left left;
  allow(left.file("log.db"), 0444);
  const auto [status, err] = start(left.data);
  CHECK(status == 73);
  CHECK_THAT(err, Catch::Contains(left.file("log.db")));
  // With the permission it is all there.
  allow(left.file("log.db"), 0666);
  const auto again = start(left.data);
  CHECK(again.status == 0);
  CHECK_THAT(again.err, Catch::Contains("history: 1 events"));
}

TEST_CASE("A directory that may not be made is 73", "[serve][history][permission]") {
  if (!can_run()) return;
  const TemporaryDirectory parent;
  allow(parent.path(), 0555);
  const auto [status, err] = start(parent.file("data"));
  allow(parent.path(), 0700);
  CHECK(status == 73);
  CHECK_THAT(err, Catch::Contains("cannot make " + parent.file("data")));
}

}  // namespace
}  // namespace sse::test
