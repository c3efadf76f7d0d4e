#pragma once

#include <memory>

#include "sse/client/http_settings.h"
#include "sse/client/transport.h"

namespace sse::client {

/// The door to libcurl: one HTTP request at a time, whose response is read as it comes, on a
/// connection that is kept for the next one. Each request is sent at most once. Thread-compatible.
class CurlTransfer final : public Exchange {
 public:
  explicit CurlTransfer(HttpSettings settings);
  ~CurlTransfer() override;
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Begins a request; gives up the one before, if it has not ended. Does not wait.
  void start(StreamRequest request);

  int ready_fd() const override;
  Arrived take() override;

  /// Whether the request, or a part of it, may have reached the server.
  bool is_sent() const;

 private:
  class Impl;

  const std::unique_ptr<Impl> impl_;
};

}  // namespace sse::client
