#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sse/http/call.h"
#include "sse/net/socket.h"

namespace sse::test {

using Params = std::vector<std::pair<std::string, std::string>>;

/// A call without a connection, of a handler whose response must come at once.
class TestCall : public http::Call {
 public:
  explicit TestCall(http::Request asked = {}) { request() = std::move(asked); }
  virtual ~TestCall() = default;

  net::Loop& loop() override { std::abort(); }
  Budget& budget() override { return budget_; }
  http::DeferredAnswer defer(http::OnHurry /*on_hurry*/) override { std::abort(); }
  /// Does all slices at once, each with little to spend.
  void answer_in_slices(http::SlicedWork work) override {
    const auto never = []() -> http::Resume { std::abort(); };
    for (auto slice = http::Slice::kMore; slice != http::Slice::kDone; ++slices) {
      Budget budget(steps_a_slice);
      slice = work(response(), budget, never);
    }
  }
  bool is_again() const override { return false; }
  http::Resume judge_later(http::Judge /*judge*/) override { std::abort(); }
  std::unique_ptr<net::Socket> start_stream() override { std::abort(); }

  std::uint64_t steps_a_slice = 1'000;
  std::size_t slices = 0;  ///< that were done

 private:
  Budget budget_{1'000 * Budget::kStepsPerMillisecond};
};

}  // namespace sse::test
