#pragma once

/// \file
/// Outcomes that may come later, at no cost where they never do: the caller hands over a way to
/// make its callback, which is made only when an outcome is not known at once.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "sse/base/ip_address.h"
#include "sse/base/result.h"

namespace sse {

template <typename Signature>
class FunctionRef;

/// A callable that is only borrowed for a call: two words, no allocation. It must not outlive what
/// it was made from. (The proposal P0792 for the standard library has the same.)
template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  template <typename F,
            typename = std::enable_if_t<!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
                                        std::is_invocable_r_v<R, F&, Args...>>>
  FunctionRef(F&& callable)
      : callable_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* borrowed, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(borrowed))(std::forward<Args>(args)...);
        }) {}

  R operator()(Args... args) const { return call_(callable_, std::forward<Args>(args)...); }

 private:
  void* callable_;
  R (*call_)(void*, Args...);
};

/// Gets an outcome: called once, on any thread, after every effect of it is visible.
template <typename T>
using Done = std::function<void(Result<T>)>;

/// A request that is to be done once, wherever it is repeated: also by another hub, where several
/// share a log.
struct RepeatClaim {
  /// That another try has been done already.
  struct Known {
    std::string fingerprint;  ///< of that try
    std::string text;         ///< RepeatRecord::text of its answer; empty: it is not known
    std::string event_id;     ///< of the first event that it has published
  };
  /// What `name` and `fingerprint` were made with. A log that was made again may have another one,
  /// and does not know the same key by this name.
  std::array<std::uint64_t, 2> digest_key{};
  std::string name;            ///< of its key, in letters and digits
  std::string fingerprint;     ///< 16 bytes, which tell one request from another
  std::optional<Known> known;  ///< set by the journal, before the outcomes are told
};

/// What answers a repeat of a request.
struct RepeatRecord {
  RepeatRecord() = default;
  RepeatRecord(std::string kept_text, std::function<void(bool)> when_settled = nullptr)
      : text(std::move(kept_text)), settle(std::move(when_settled)) {}

  /// Kept in one step with what the request has done, so neither is there without the other after a
  /// crash. Empty: there is nothing to keep.
  std::string text;
  /// Where the request was answered with ErrorCode::kUnknown before its outcome was known: called
  /// when it is, with whether the outcome holds that the record was made of. On any thread; may be
  /// null. When it goes uncalled, the outcome stays unknown.
  std::function<void(bool)> settle;
  /// The same for every outcome, so a journal that is shared asks for it with outcomes that are
  /// still pending. Null: keys are not shared.
  std::shared_ptr<RepeatClaim> claim = {};
};

/// Makes the record of the outcome. May be called on any thread, and before the outcome is durable.
template <typename Outcome>
using RepeatText = std::function<RepeatRecord(const Outcome&)>;

/// How a call reports an outcome that is not known when it returns: makes its callback.
/// Called at most once, on the caller's thread and before the call returns; a call that knows its
/// outcome returns it, and calls nothing.
template <typename Callback, typename Outcome>
class LaterCall : public FunctionRef<Callback()> {
 public:
  template <typename F,
            typename = std::enable_if_t<!std::is_same_v<std::remove_cvref_t<F>, LaterCall> &&
                                        std::is_invocable_r_v<Callback, F&>>>
  LaterCall(F&& callable, const RepeatText<Outcome>* repeat = nullptr,
            const std::optional<IpAddress>& peer = std::nullopt)
      : FunctionRef<Callback()>(std::forward<F>(callable)), repeat_(repeat), peer_(peer) {}

  /// Where the request may be repeated, and its answer must survive the hub. Else null.
  const RepeatText<Outcome>* repeat() const { return repeat_; }

  /// The peer whose share of what may wait it counts against (peer_group()); nullopt: none.
  const std::optional<IpAddress>& peer() const { return peer_; }

 private:
  const RepeatText<Outcome>* repeat_;
  std::optional<IpAddress> peer_;
};

template <typename T>
using Later = LaterCall<Done<T>, Result<T>>;

}  // namespace sse
