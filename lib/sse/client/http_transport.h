#pragma once

#include <memory>
#include <utility>

#include "sse/base/export.h"
#include "sse/client/http_settings.h"
#include "sse/client/transport.h"

namespace sse::client {

/// Over libcurl (decision 0018). Redirects are not followed and content is not decoded: the caller
/// decides. No thread of ours: libcurl's own resolves names, and may outlive its exchange.
/// Thread-safe.
class SSE_EXPORT HttpTransport final : public Transport {
 public:
  HttpTransport() : HttpTransport(HttpSettings()) {}
  explicit HttpTransport(HttpSettings settings) : settings_(std::move(settings)) {}

  std::unique_ptr<Exchange> open(StreamRequest request) override;

 private:
  const HttpSettings settings_;
};

}  // namespace sse::client
