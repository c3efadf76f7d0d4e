#pragma once

/// \file
/// A mutex and a thread role that clang's -Wthread-safety understands: touching what a mutex guards
/// without holding it, or what a loop owns from another thread, does not compile.

#include <mutex>
#include <thread>

#include "sse/base/check.h"

#if defined(__clang__)
#define SSE_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define SSE_THREAD_ATTRIBUTE(x)
#endif

#define SSE_CAPABILITY(name) SSE_THREAD_ATTRIBUTE(capability(name))
#define SSE_SCOPED_CAPABILITY SSE_THREAD_ATTRIBUTE(scoped_lockable)
#define SSE_GUARDED_BY(x) SSE_THREAD_ATTRIBUTE(guarded_by(x))
#define SSE_REQUIRES(...) SSE_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define SSE_EXCLUDES(...) SSE_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define SSE_ACQUIRE(...) SSE_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define SSE_RELEASE(...) SSE_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define SSE_ASSERT_CAPABILITY(x) SSE_THREAD_ATTRIBUTE(assert_capability(x))
#define SSE_RETURN_CAPABILITY(x) SSE_THREAD_ATTRIBUTE(lock_returned(x))

namespace sse {

/// std::mutex with annotations. Works with std::condition_variable_any. Thread-safe.
class SSE_CAPABILITY("mutex") Mutex {
 public:
  void lock() SSE_ACQUIRE() { mutex_.lock(); }
  void unlock() SSE_RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class SSE_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SSE_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() SSE_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// "On this loop's thread", as a capability: state is SSE_GUARDED_BY(role), functions
/// SSE_REQUIRES(role), and an entry point that the loop calls starts with role.assert_held().
class SSE_CAPABILITY("role") ThreadRole {
 public:
  /// The calling thread takes the role; until then, the thread that builds the object has it.
  void bind() { owner_ = std::this_thread::get_id(); }

  bool is_held() const {
    return owner_ == std::thread::id{} || owner_ == std::this_thread::get_id();
  }

  void assert_held() const SSE_ASSERT_CAPABILITY(this) { SSE_CHECK(is_held()); }

 private:
  std::thread::id owner_;
};

}  // namespace sse
