#include "sse/server/file_watch.h"

#include <string>
#include <utility>
#include <vector>

#include "support/catch.h"

namespace sse::server {
namespace {

/// Files that are as a test says.
struct Watch {
  Watch() {
    number = watch.add({"files", [this] { return std::exchange(is_changed, false); },
                        [this]() -> Result<std::vector<std::string>> {
                          ++tries;
                          if (!fault.empty()) return Error{ErrorCode::kIo, fault};
                          return std::vector<std::string>();
                        }});
  }
  ReloadCounts counts() const { return watch.counts_of(number); }

  FileWatch watch;
  std::size_t number = 0;
  bool is_changed = false;
  std::string fault;
  int tries = 0;
};

TEST_CASE("Files that have not changed are read when that is asked for alone", "[server][files]") {
  Watch files;
  files.watch.look(false);
  CHECK(files.tries == 0);
  files.watch.look(true);
  CHECK(files.counts().reloads == 1);
  files.is_changed = true;
  files.watch.look(false);
  files.watch.look(false);
  CHECK(files.counts().reloads == 2);
}

TEST_CASE("Files that could not be used are tried again, and counted once", "[server][files]") {
  Watch files;
  files.is_changed = true;
  files.fault = "cannot read hub.key: Too many open files";
  for (int i = 0; i < 3; ++i) files.watch.look(false);
  CHECK(files.tries == 3);
  CHECK(files.counts().failures == 1);
  files.fault = "hub.key: others may read it";
  files.watch.look(false);
  CHECK(files.counts().failures == 2);
  // Neither descriptors nor rights change what a file is known by.
  files.fault.clear();
  files.watch.look(false);
  CHECK(files.counts().reloads == 1);
  files.watch.look(false);
  CHECK(files.tries == 5);
}

TEST_CASE("A failure that was asked for or comes of a change is counted each time",
          "[server][files]") {
  Watch files;
  files.fault = "not a certificate";
  files.watch.look(true);
  files.watch.look(true);
  files.is_changed = true;
  files.watch.look(false);
  CHECK(files.counts().failures == 3);
}

}  // namespace
}  // namespace sse::server
