#pragma once

#include <memory>
#include <utility>

#include "sse/base/mutex.h"
#include "sse/net/tls_context.h"

namespace sse::http {

/// What new TLS connections of all loops begin with. Thread-safe.
class TlsSource {
 public:
  std::shared_ptr<const net::TlsContext> get() const {
    const MutexLock lock(mutex_);
    return context_;
  }
  void set(std::shared_ptr<const net::TlsContext> context) {
    const MutexLock lock(mutex_);
    context_.swap(context);
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const net::TlsContext> context_ SSE_GUARDED_BY(mutex_);
};

}  // namespace sse::http
