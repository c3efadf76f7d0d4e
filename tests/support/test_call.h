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
  http::DeferredAnswer defer(http::OnHurry /*on_hurry*/) override { std::abort(); }
  std::unique_ptr<net::Socket> start_stream() override { std::abort(); }
};

}  // namespace sse::test
