#pragma once

/// \file
/// Keeps a hub's credentials as its files have them.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "sse/auth/authenticator.h"
#include "sse/auth/credential_files.h"
#include "sse/base/wake_fd.h"

namespace sse::server {

/// Since the start. A value.
struct ReloadCounts {
  std::uint64_t reloads = 0;
  std::uint64_t failures = 0;  ///< the files were bad: what was there before still counts
};

/// A thread that looks at the files every five seconds, and reads them when they have changed or
/// when it is asked to. Files that cannot be used leave everything as it was: an emptied or a
/// broken file never opens the hub. Thread-compatible; reload_soon() and counts() from any thread.
class CredentialWatch {
 public:
  using Apply = std::function<void(std::shared_ptr<const auth::Credentials>)>;

  /// How often files are looked at.
  static constexpr std::chrono::seconds kInterval{5};

  /// `apply` runs on the thread of this.
  CredentialWatch(auth::CredentialFiles files, Apply apply);
  ~CredentialWatch();  ///< ends the thread
  CredentialWatch(const CredentialWatch&) = delete;
  CredentialWatch& operator=(const CredentialWatch&) = delete;

  /// Starts the thread. Once.
  void start();
  /// Ends the thread. Any number of times.
  void stop();

  /// Reads the files now, whether they have changed or not.
  void reload_soon() const { asked_.wake(); }
  /// What wakes it: for a signal handler, which writes there (WakeFd::wake()).
  int wake_fd() const { return asked_.get(); }

  ReloadCounts counts() const { return {reloads_.load(), failures_.load()}; }

 private:
  void run();
  void reload();

  auth::CredentialFiles files_;  // of the thread, once it runs
  const Apply apply_;
  const WakeFd asked_;
  const WakeFd stopped_;
  std::atomic<std::uint64_t> reloads_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::thread thread_;
};

}  // namespace sse::server
