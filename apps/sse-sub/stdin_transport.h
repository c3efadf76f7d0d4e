#pragma once

#include <memory>
#include <string>

#include "sse/client/transport.h"

namespace sse::sub {

/// Whatever is asked for, the answer is the stream on a descriptor: what `sse-sub -` decodes. Once
/// only. Thread-compatible.
class StdinTransport final : public client::Transport {
 public:
  explicit StdinTransport(int fd) : fd_(fd) {}

  std::unique_ptr<client::Exchange> open(client::StreamRequest request) override;

  /// Why it could not be read to its end; empty when it was.
  const std::string& failure() const { return failure_; }

 private:
  const int fd_;
  std::string failure_;
};

}  // namespace sse::sub
