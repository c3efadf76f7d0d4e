#pragma once

/// \file
/// What one thread hands to others, gathered for a moment and handed over at once: the receiver is
/// woken once, and finds all of it.

#include <memory>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/later.h"

namespace sse {

/// What is gathered for one receiver.
class Parcel {
 public:
  virtual ~Parcel() = default;

  /// Hands over all of it. Called once, on the thread that gathered it.
  virtual void deliver() = 0;
};

/// From its construction to its end, what its thread hands over through current() waits in parcels;
/// the end delivers them, in the order in which they were begun. Thread-compatible: it belongs to
/// the thread that made it, and lives on its stack.
class SSE_EXPORT Gathering {
 public:
  Gathering();
  ~Gathering();
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  /// The newest of the calling thread; null when there is none, and while one delivers.
  static Gathering* current();

  /// The parcel for `receiver`, which `make` makes when there is none yet.
  Parcel& parcel(const void* receiver, FunctionRef<std::unique_ptr<Parcel>()> make);

 private:
  Gathering* const outer_;
  std::vector<std::pair<const void*, std::unique_ptr<Parcel>>> parcels_;
};

}  // namespace sse
