#include "sse/http/stream_socket.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

namespace sse::http {
namespace {

constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Up to here bytes are copied into one piece: send() of one is cheaper than sendmsg() of three by
// more than the copy costs. A larger run is copied when a second socket is given it, too.
constexpr std::size_t kCopied = 4096;

constexpr std::size_t kMostInHeader = 6;  // `4000`, CRLF

/// The size line of a chunk.
struct ChunkHeader {
  explicit ChunkHeader(std::size_t chunk) {
    constexpr int kHex = 16;
    char* end = std::to_chars(text.data(), text.data() + text.size(), chunk, kHex).ptr;
    *end++ = '\r';
    *end++ = '\n';
    size = static_cast<std::size_t>(end - text.data());
  }
  std::string_view last(std::size_t bytes) const { return {text.data() + size - bytes, bytes}; }

  std::array<char, 8> text;
  std::size_t size = 0;
};

std::size_t next_chunk(std::size_t payload) {
  return std::min(payload, StreamSocket::kMostInChunk);
}

net::IoResult result_of(std::size_t taken) {
  return {taken > 0 ? net::IoStatus::kOk : net::IoStatus::kWouldBlock, taken};
}

void frame(std::string_view bytes, std::string& out) {
  const std::size_t chunks = bytes.size() / StreamSocket::kMostInChunk + 1;
  out.reserve(bytes.size() + chunks * (kMostInHeader + kCrlf.size()));
  while (!bytes.empty()) {
    const std::string_view chunk = bytes.substr(0, next_chunk(bytes.size()));
    const ChunkHeader header(chunk.size());
    out.append(header.last(header.size)).append(chunk).append(kCrlf);
    bytes.remove_prefix(chunk.size());
  }
}

}  // namespace

/// The pieces that write() was given, from some byte on.
class StreamSocket::Payload {
 public:
  explicit Payload(std::span<const iovec> pieces) : pieces_(pieces) {
    for (const iovec& piece : pieces) left_ += piece.iov_len;
  }

  std::size_t left() const { return left_; }

  void skip(std::size_t bytes) {
    while (bytes > 0) bytes -= take(bytes).size();
  }

  /// At most so many bytes of one piece. REQUIRES: left() > 0.
  std::string_view take(std::size_t most) {
    while (used_ == pieces_.front().iov_len) {
      pieces_ = pieces_.subspan(1);
      used_ = 0;
    }
    const iovec& piece = pieces_.front();
    const std::string_view bytes(static_cast<const char*>(piece.iov_base) + used_,
                                 std::min(most, piece.iov_len - used_));
    used_ += bytes.size();
    left_ -= bytes.size();
    return bytes;
  }

 private:
  std::span<const iovec> pieces_;
  std::size_t used_ = 0;  // of the first piece
  std::size_t left_ = 0;
};

/// One write of the socket below.
struct StreamSocket::Outgoing {
  bool has_room() const { return count < pieces.size() && framing_used < framing.size() - 16; }

  void add(std::string_view bytes) {
    if (bytes.empty()) return;
    size += bytes.size();
    if (count > 0) {
      iovec& last = pieces[count - 1];
      if (static_cast<const char*>(last.iov_base) + last.iov_len == bytes.data()) {
        last.iov_len += bytes.size();
        return;
      }
    }
    pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};  // read, never written to
  }
  void add_framing(std::string_view bytes) {
    char* copy = framing.data() + framing_used;
    framing_used += bytes.copy(copy, bytes.size());
    add({copy, bytes.size()});
  }
  /// Adds the next `bytes` of `payload`, as far as there is room. False: there was not.
  bool add_payload(Payload& payload, std::size_t bytes) {
    for (; bytes > 0 && has_room();) {
      const auto piece = payload.take(bytes);
      add(piece);
      bytes -= piece.size();
    }
    return bytes == 0 && has_room();
  }

  std::array<iovec, 128> pieces;
  std::array<char, 512> framing;  // size lines and line ends
  std::size_t count = 0;
  std::size_t framing_used = 0;
  std::size_t size = 0;
};

StreamSocket::StreamSocket(std::unique_ptr<net::Socket> socket, std::string head, StreamForm form)
    : socket_(std::move(socket)),
      head_(std::make_unique<std::string>(std::move(head))),
      form_(form) {
}

StreamSocket::StreamSocket(std::unique_ptr<net::Socket> socket, const net::HandedSocket& handed)
    : socket_(std::move(socket)),
      head_(handed.head.empty() ? nullptr : std::make_unique<std::string>(handed.head)),
      chunk_left_(handed.chunk_left),
      header_left_(handed.header_left),
      tail_left_(handed.tail_left),
      form_(handed.is_chunked ? StreamForm::kChunked : StreamForm::kUntilClose) {
}

std::optional<net::HandedSocket> StreamSocket::hand_over() const {
  auto handed = socket_->hand_over();
  if (!handed || end_left_ > 0 || socket_->unsent() > 0) return std::nullopt;
  if (head_ != nullptr) handed->head = *head_;
  handed->is_chunked = form_ == StreamForm::kChunked;
  handed->chunk_left = chunk_left_;
  handed->header_left = header_left_;
  handed->tail_left = tail_left_;
  return handed;
}

net::IoResult StreamSocket::write(std::span<const iovec> pieces) {
  if (form_ == StreamForm::kUntilClose && head_ == nullptr) return socket_->write(pieces);
  Payload payload(pieces);
  const std::size_t given = payload.left();
  if (given == 0) return send_tail();
  std::size_t taken = 0;
  bool is_held = false;
  while (taken < given) {
    Outgoing out;
    plan(payload, out);
    const auto result = send(out);
    if (result.status == net::IoStatus::kPeerGone) return {result.status, taken};
    const std::size_t more = note_moved(result.bytes, given - taken);
    taken += more;
    is_held = result.status == net::IoStatus::kUnsent || tail_left_ > 0;
    if (result.bytes < out.size) break;
    payload.skip(more);
  }
  return is_held && taken == given ? net::IoResult{net::IoStatus::kUnsent, taken}
                                   : result_of(taken);
}

// What is unsent() of the last chunk, and below.
net::IoResult StreamSocket::send_tail() {
  if (end_left_ > 0) {
    if (net::send_unsent(*socket_)) end();
    return result_of(0);
  }
  const std::string_view tail = kCrlf.substr(kCrlf.size() - tail_left_);
  const iovec piece{const_cast<char*>(tail.data()), tail.size()};  // read, never written to
  const auto result = socket_->write({&piece, tail.empty() ? std::size_t{0} : 1});
  note_moved(result.bytes, 0);
  if (result.status == net::IoStatus::kPeerGone) return result;
  return result_of(0);
}

net::IoResult StreamSocket::write_shared(net::SharedRun& run) {
  const bool is_between_chunks = head_ == nullptr && chunk_left_ == 0 && tail_left_ == 0;
  if (form_ == StreamForm::kUntilClose || !is_between_chunks) return Socket::write_shared(run);
  std::string& framed = run.framed();
  const std::size_t given = run.bytes().size();
  if (framed.empty()) {
    if (given > kCopied && !run.is_repeated()) return Socket::write_shared(run);
    frame(run.bytes(), framed);
  }
  const iovec piece{framed.data(), framed.size()};
  const auto result = socket_->write({&piece, 1});
  if (result.bytes == framed.size()) return {result.status, given};
  if (result.status != net::IoStatus::kOk) return result;
  const std::size_t taken = note_moved(result.bytes, given);
  return taken == given ? net::IoResult{net::IoStatus::kUnsent, taken} : result_of(taken);
}

// note_moved() reads the result of the write with the same rules: the two belong together.
void StreamSocket::plan(Payload payload, Outgoing& out) const {
  if (head_ != nullptr) out.add(*head_);
  if (form_ == StreamForm::kUntilClose) {
    out.add_payload(payload, payload.left());
    return;
  }
  if (tail_left_ > 0) out.add_framing(kCrlf.substr(kCrlf.size() - tail_left_));
  if (chunk_left_ > 0) {
    if (header_left_ > 0) out.add_framing(ChunkHeader(chunk_left_).last(header_left_));
    if (payload.left() < chunk_left_) {
      out.add_payload(payload, payload.left());
      return;
    }
    if (!out.add_payload(payload, chunk_left_)) return;
    out.add_framing(kCrlf);
  }
  while (payload.left() > 0 && out.has_room()) {
    const std::size_t chunk = next_chunk(payload.left());
    const ChunkHeader header(chunk);
    out.add_framing(header.last(header.size));
    if (!out.add_payload(payload, chunk)) return;
    out.add_framing(kCrlf);
  }
}

net::IoResult StreamSocket::send(const Outgoing& out) {
  if (out.count == 1 || out.size > kCopied) return socket_->write({out.pieces.data(), out.count});
  std::array<char, kCopied> copy;
  std::size_t used = 0;
  for (std::size_t i = 0; i < out.count; ++i) {
    std::memcpy(copy.data() + used, out.pieces[i].iov_base, out.pieces[i].iov_len);
    used += out.pieces[i].iov_len;
  }
  const iovec piece{copy.data(), used};
  return socket_->write({&piece, 1});
}

// How many bytes of the payload were taken, when the socket below moved so many of what plan() made
// of `given` ones.
std::size_t StreamSocket::note_moved(std::size_t moved, std::size_t given) {
  const auto take = [&moved](auto& left) {
    const std::size_t bytes = std::min<std::size_t>(moved, left);
    left -= static_cast<std::remove_reference_t<decltype(left)>>(bytes);
    moved -= bytes;
    return bytes;
  };
  if (head_ != nullptr && moved > 0) {
    std::size_t left = head_->size();
    head_->erase(0, take(left));
    if (left == 0) head_.reset();
  }
  if (form_ == StreamForm::kUntilClose) return moved;
  take(tail_left_);
  std::size_t taken = 0;
  while (moved > 0) {
    if (chunk_left_ == 0) {
      chunk_left_ = static_cast<std::uint32_t>(next_chunk(given - taken));
      header_left_ = static_cast<std::uint8_t>(ChunkHeader(chunk_left_).size);
    }
    take(header_left_);
    taken += take(chunk_left_);
    if (chunk_left_ > 0) break;
    tail_left_ = kCrlf.size();
    take(tail_left_);
  }
  return taken;
}

void StreamSocket::shutdown_write() {
  const bool has_end = form_ == StreamForm::kChunked && chunk_left_ == 0;
  if (has_end && !net::send_unsent(*socket_)) {
    end_left_ = kLastChunk.size();
  } else {
    end();
  }
}

void StreamSocket::end() {
  end_left_ = 0;
  std::string last;
  if (head_ != nullptr) last = *head_;
  last += kCrlf.substr(kCrlf.size() - tail_left_);
  if (form_ == StreamForm::kChunked && chunk_left_ == 0) last += kLastChunk;
  const iovec piece{last.data(), last.size()};
  if (!last.empty()) socket_->write({&piece, 1});
  tail_left_ = 0;  // nothing follows
  socket_->shutdown_write();
}

}  // namespace sse::http
