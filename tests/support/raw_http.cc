#include "support/raw_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "support/catch.h"
#include "support/http2_relay.h"
#include "support/program.h"

namespace sse::test {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

RawConnection::RawConnection(std::uint16_t port, int receive_buffer)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) {
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const timeval patience{std::chrono::seconds(kPatience).count(), 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // No assertion where all is well: those of Catch2 are for one thread, these are for any.
  if (::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    FAIL("cannot connect to port " << port);
  }
}

void RawConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // the peer closed: the answer tells why
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool RawConnection::read_more() {
  std::array<char, 65536> bytes;
  const auto received = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
  if (received < 0 && errno == EAGAIN) FAIL("nothing arrived; so far: " << buffer_);
  if (received <= 0) return false;
  keep({bytes.data(), static_cast<std::size_t>(received)});
  return true;
}

void RawConnection::keep(std::string_view bytes) {
  if (!chunks_) {
    buffer_ += bytes;
  } else if (!chunks_->take(bytes, buffer_)) {
    FAIL("wrong chunks: " << chunks_->fault());
  }
}

std::string RawConnection::read_stream_head() {
  std::string head = read_until("\r\n\r\n");
  if (says_chunked(head)) {
    chunks_.emplace(wants_http2() ? ChunkReader::Digits::kAnyCase
                                  : ChunkReader::Digits::kLowerCase);
    keep(std::exchange(buffer_, {}));
  }
  return head;
}

std::string RawConnection::read_until(std::string_view text) {
  std::size_t at = 0;
  while ((at = buffer_.find(text)) == std::string::npos) {
    if (!read_more()) FAIL("the connection ended before " << text << "; got: " << buffer_);
  }
  std::string out = buffer_.substr(0, at + text.size());
  buffer_.erase(0, at + text.size());
  return out;
}

std::string RawConnection::read_bytes(std::size_t count) {
  while (buffer_.size() < count) {
    if (!read_more()) FAIL("the connection ended before " << count << " bytes; got: " << buffer_);
  }
  std::string out = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return out;
}

std::string RawConnection::read_all() {
  while (read_more()) {
  }
  return std::exchange(buffer_, {});
}

bool RawConnection::is_at_end() {
  return buffer_.empty() && !read_more();
}

void RawConnection::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  fd_.reset();
}

void RawConnection::shutdown_write() const {
  ::shutdown(fd_.get(), SHUT_WR);
}

std::string RawAnswer::header(std::string_view name) const {
  const std::string wanted = "\r\n" + lower(name) + ":";
  const auto at = lower(head).find(wanted);
  if (at == std::string::npos) return {};
  auto begin = at + wanted.size();
  while (head[begin] == ' ') ++begin;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

RawAnswer read_answer(RawConnection& connection) {
  RawAnswer answer;
  answer.head = connection.read_until("\r\n\r\n");
  if (answer.head.size() <= 12) FAIL("no status line: " << answer.head);
  answer.status = std::stoi(answer.head.substr(9, 3));
  const auto length = answer.header("Content-Length");
  if (length.empty()) {
    answer.body = connection.read_all();
  } else {
    answer.body = connection.read_bytes(std::stoul(length));
  }
  return answer;
}

RawAnswer request(std::uint16_t port, std::string_view method, std::string_view target,
                  std::string_view body, std::string_view headers) {
  RawConnection connection(port);
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n");
  text.append(headers);
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text.append("\r\n").append(body);
  connection.send(text);
  return read_answer(connection);
}

}  // namespace sse::test
