#pragma once

/// \file
/// How many streams a principal has open.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "sse/base/export.h"
#include "sse/base/mutex.h"

namespace sse::gate {

/// Counts places by principal; the one behind `--max-per-token`. Thread-safe.
class SSE_EXPORT StreamQuota {
 public:
  /// `most`: places of one principal; 0: no limit, and nothing is counted.
  explicit StreamQuota(std::size_t most) : most_(most), counts_(std::make_shared<Counts>()) {}

  std::size_t most() const { return most_; }

  /// A place, which is given back when the last copy goes. Null: the principal has all its places.
  /// REQUIRES: most() > 0.
  std::shared_ptr<const void> take(const std::string& principal) {
    const MutexLock lock(counts_->mutex);
    auto& count = counts_->by_principal[principal];  // an entry of 0 goes with its last place
    if (count >= most_) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
    ++count;
    return std::shared_ptr<const void>(static_cast<const void*>(counts_.get()),
                                       [counts = counts_, principal](const void*) {
                                         const MutexLock unlock(counts->mutex);
                                         const auto found = counts->by_principal.find(principal);
                                         if (--found->second == 0)
                                           counts->by_principal.erase(found);
                                       });
  }

  /// Places that were asked for in vain, since the start.
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  // A place may be given back when this is gone.
  struct Counts {
    Mutex mutex;
    std::map<std::string, std::size_t> by_principal SSE_GUARDED_BY(mutex);
  };

  const std::size_t most_;
  const std::shared_ptr<Counts> counts_;
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace sse::gate
