#pragma once

#include <exception>

namespace sse::http {

/// A callback for a library in C, which no exception may pass through: `call` is kFunction, and
/// kFailed stands for whatever it throws.
template <auto kFunction, int kFailed>
struct GuardedCallback;

template <typename... Arguments, int (*kFunction)(Arguments...), int kFailed>
struct GuardedCallback<kFunction, kFailed> {
  static int call(Arguments... arguments) noexcept {
    try {
      return kFunction(arguments...);
    } catch (const std::exception&) {  // as that there is no memory
      return kFailed;
    }
  }
};

}  // namespace sse::http
