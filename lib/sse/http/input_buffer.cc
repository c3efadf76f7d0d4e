#include "sse/http/input_buffer.h"

namespace sse::http {

void InputBuffer::note(net::Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  hung_up_ = hung_up_ || readiness.hung_up;
}

InputBuffer::Fill InputBuffer::fill(net::Socket& socket, std::span<char> shared) {
  if (!readable_) return Fill::kNothing;
  const auto result = socket.read(shared);
  if (result.status == net::IoStatus::kWouldBlock) {
    readable_ = false;
    return Fill::kNothing;
  }
  if (result.status != net::IoStatus::kOk) return Fill::kEnd;
  // A short read emptied the socket buffer, and an edge reports what comes later: this saves a read
  // for each request that would find nothing. The peer's end is not reported again.
  readable_ = result.bytes == shared.size() || hung_up_;
  const std::string_view bytes(shared.data(), result.bytes);
  if (kept_.empty()) {
    borrowed_ = bytes;
  } else {
    // What was taken goes first, or a peer that always sends a little of its next request would
    // make this hold everything that it ever sent.
    kept_.erase(0, used_);
    used_ = 0;
    kept_.append(bytes);
  }
  is_untried_ = true;
  return Fill::kBytes;
}

std::string_view InputBuffer::bytes() const {
  return kept_.empty() ? borrowed_ : std::string_view(kept_).substr(used_);
}

void InputBuffer::consume(std::size_t count) {
  if (kept_.empty()) {
    borrowed_.remove_prefix(count);
  } else {
    used_ += count;
  }
  is_untried_ = !bytes().empty();
}

void InputBuffer::keep() {
  if (kept_.empty()) {
    kept_ = borrowed_;
  } else if (used_ == kept_.size()) {
    std::string().swap(kept_);  // gives the memory back: neither clear() nor assignment does
    used_ = 0;
  }
  borrowed_ = {};
}

void InputBuffer::drop() {
  std::string().swap(kept_);
  used_ = 0;
  borrowed_ = {};
  is_untried_ = false;
}

}  // namespace sse::http
