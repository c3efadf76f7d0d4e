#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "sse/base/unique_fd.h"

namespace sse::test {

/// A program in a terminal of its own, and a user who types. Ends it (SIGKILL) when destroyed.
class Terminal {
 public:
  /// `environment` (`NAME=value`) is all it has, with PATH.
  Terminal(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
           const std::string& directory);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) const;

  /// Waits until the terminal has shown `text` since the last call, and forgets what is before it.
  void wait_for(const std::string& text);

 private:
  pid_t pid_ = -1;
  UniqueFd fd_;
  std::string shown_;
};

}  // namespace sse::test
