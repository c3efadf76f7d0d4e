#pragma once

/// \file
/// Bodies that are one JSON object, which says what to publish. A long one is read in slices
/// (http/call.h), so that it does not hold up its loop.

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "sse/base/budget.h"
#include "sse/base/ip_address.h"
#include "sse/base/later.h"
#include "sse/base/result.h"
#include "sse/http/call.h"
#include "sse/json/reader.h"
#include "sse/web/answer.h"
#include "sse/web/later_answer.h"
#include "sse/web/request_body.h"

namespace sse::web {

/// A body of more bytes is read in slices.
inline constexpr std::size_t kMostReadAtOnce = std::size_t{16} << 10U;

/// The work on one long object. Thread-compatible.
template <typename T, typename Parse, typename Start, typename Respond>
class ObjectWork {
 public:
  /// `text` must outlive this. `repeat`: of the call. `peer`: whose request it is
  /// (http::Request::group).
  ObjectWork(std::string_view text, Parse parse, Start start, Respond respond,
             const http::Call::Repeat& repeat = {},
             const std::optional<IpAddress>& peer = std::nullopt)
      : size_(text.size()),
        parse_(std::move(parse)),
        start_(std::move(start)),
        respond_(std::move(respond)),
        repeat_(repeat_of<T>(repeat, respond_)),
        peer_(peer) {
    reader_.start(text);
  }

  /// An http::SlicedWork.
  http::Slice go_on(http::Response& response, Budget& budget,
                    const FunctionRef<http::Resume()>& later) {
    if (is_started_) return answer(response, **known_);
    const auto outcome = reader_.go_on(budget);
    if (!outcome) return http::Slice::kMore;
    if (outcome != json::Outcome::kObject) return refuse(response, reader_.error());
    const auto wanted = parse_(reader_.object());
    if (!wanted) return refuse(response, wanted.error());
    const auto when_known = [&]() -> Done<T> {
      return [known = known_, resume = later()](Result<T> result) {
        known->emplace(std::move(result));
        resume();
      };
    };
    is_started_ = true;
    budget.spend(steps_to_publish(size_));
    const std::optional<Result<T>> result =
        start_(*wanted, Later<T>(when_known, repeat_ ? &repeat_ : nullptr, peer_));
    return result ? answer(response, *result) : http::Slice::kLater;
  }

 private:
  static http::Slice refuse(http::Response& response, const Error& error) {
    answer_error(response, error);
    return http::Slice::kDone;
  }
  http::Slice answer(http::Response& response, const Result<T>& result) const {
    respond_(response, result);
    return http::Slice::kDone;
  }

  const std::size_t size_;
  const Parse parse_;
  const Start start_;
  const Respond respond_;
  const RepeatText<Result<T>> repeat_;
  const std::optional<IpAddress> peer_;
  json::Reader reader_;
  bool is_started_ = false;
  // What was awaited; it may come on another thread, and when this is gone.
  const std::shared_ptr<std::optional<Result<T>>> known_ =
      std::make_shared<std::optional<Result<T>>>();
};

/// Answers `call`, whose body is one object, and not empty (request_body.h). It takes
///     Result<Wanted> parse(const json::Object&)
///     std::optional<Result<T>> start(const Wanted&, Later<T>)    nullopt: the outcome comes later
///     void respond(http::Response&, const Result<T>&)
template <typename T, typename Parse, typename Start, typename Respond>
void answer_object(http::Call& call, Parse parse, Start start, Respond respond) {
  const std::string_view text = call.request().body;
  if (text.size() > kMostReadAtOnce) {
    using Work = ObjectWork<T, Parse, Start, Respond>;
    return call.answer_in_slices(
        [work = std::make_shared<Work>(text, parse, start, respond, call.repeat(),
                                       call.request().group)](
            http::Response& response, Budget& budget, const FunctionRef<http::Resume()>& later) {
          return work->go_on(response, budget, later);
        });
  }
  json::Reader reader;
  if (reader.read(text) != json::Outcome::kObject) {
    return answer_error(call.response(), reader.error());
  }
  const auto wanted = parse(reader.object());
  if (!wanted) return answer_error(call.response(), wanted.error());
  answer_when_known<T>(
      call, [&](Later<T> later) { return start(*wanted, later); }, respond);
}

}  // namespace sse::web
