#pragma once

/// \file
/// For calls whose outcome is known at once: what makes their Done must never be called.

#include <cstdlib>
#include <functional>
#include <optional>
#include <utility>

#include "sse/base/check.h"

namespace sse::test {

/// Converts to any Done, and is never asked to.
struct Never {
  template <typename... Args>
  operator std::function<void(Args...)>() const {
    std::abort();
  }
};

inline constexpr auto kNever = [] { return Never(); };

/// The outcome that was known at once.
template <typename T>
T known(std::optional<T> outcome) {
  SSE_CHECK(outcome.has_value());
  return *std::move(outcome);
}

}  // namespace sse::test
