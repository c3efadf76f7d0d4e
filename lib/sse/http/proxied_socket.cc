#include "sse/http/proxied_socket.h"

#include <algorithm>

namespace sse::http {

// A read that does not fill its buffer says that there is no more, so the socket is asked as well.
net::IoResult ProxiedSocket::read(std::span<char> into) {
  if (rest_.empty()) return socket_->read(into);
  const std::size_t first = std::min(rest_.size(), into.size());
  rest_.copy(into.data(), first);
  if (first < rest_.size()) {
    rest_.erase(0, first);
    return {net::IoStatus::kOk, first};
  }
  std::string().swap(rest_);
  if (first == into.size()) return {net::IoStatus::kOk, first};
  const auto more = socket_->read(into.subspan(first));
  // An end is met again by the next read.
  return {net::IoStatus::kOk, more.status == net::IoStatus::kOk ? first + more.bytes : first};
}

net::IoResult ProxiedSocket::peek(std::span<char> into) {
  if (rest_.empty()) return socket_->peek(into);
  const std::size_t first = rest_.copy(into.data(), into.size());
  if (first == into.size()) return {net::IoStatus::kOk, first};
  const auto more = socket_->peek(into.subspan(first));
  return {net::IoStatus::kOk, more.status == net::IoStatus::kOk ? first + more.bytes : first};
}

}  // namespace sse::http
