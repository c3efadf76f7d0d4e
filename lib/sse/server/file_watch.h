#pragma once

/// \file
/// Keeps what a hub has read from files as the files have it.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sse/base/result.h"
#include "sse/base/wake_fd.h"

namespace sse::server {

/// Since the start. A value.
struct ReloadCounts {
  std::uint64_t reloads = 0;
  std::uint64_t failures = 0;  ///< the files were bad: what was there before still counts
};

/// Files that belong together, and what is done with them. Both run on the thread of the watch.
struct WatchedFiles {
  std::string what;  ///< `credentials`, for the log
  std::function<bool()> have_changed;
  /// Reads them and puts them to use; says what is to be remarked. An error leaves all as it was.
  std::function<Result<std::vector<std::string>>()> reload;
};

/// A thread that checks files every five seconds, and reads those that have changed, or all when
/// it is asked to. Files that cannot be used leave everything as it was, and are tried again: an
/// emptied or a broken file never opens the hub, and never takes its certificate away. A failure is
/// logged and counted again only if it is another one, or the files have changed.
/// Thread-compatible; reload_soon() and counts_of() from any thread.
class FileWatch {
 public:
  /// How often files are checked.
  static constexpr std::chrono::seconds kInterval{5};

  FileWatch() = default;
  ~FileWatch();  ///< ends the thread
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Before start(). The number is for counts_of().
  std::size_t add(WatchedFiles files);
  bool is_empty() const { return watched_.empty(); }

  /// Starts the thread. Once.
  void start();
  /// Ends the thread. Any number of times.
  void stop();

  /// What the thread does each time: reads what has changed, what could not be used the last time
  /// (a file may have got other rights, the process another descriptor), or all. For the thread,
  /// and for tests without one.
  void look(bool is_asked);

  /// Reads all files now, whether they have changed or not.
  void reload_soon() const { asked_.wake(); }
  /// What wakes it: for a signal handler, which writes there (WakeFd::wake()).
  int wake_fd() const { return asked_.get(); }

  ReloadCounts counts_of(std::size_t number) const;

 private:
  struct Watched {
    WatchedFiles files;
    std::atomic<std::uint64_t> reloads{0};
    std::atomic<std::uint64_t> failures{0};
    std::string failure;  // of the last time; empty: they were read
  };

  void run();
  /// `is_new`: the files have changed, or were asked for; else they could not be used before.
  static void reload(Watched& watched, bool is_new);

  std::vector<std::unique_ptr<Watched>> watched_;  // fixed once the thread runs
  const WakeFd asked_;
  const WakeFd stopped_;
  std::thread thread_;
};

}  // namespace sse::server
