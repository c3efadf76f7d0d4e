#include "system/stream_reader.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "support/catch.h"
#include "support/program.h"

namespace sse::test {

StreamReader::StreamReader(std::uint16_t port, std::string query, int receive_buffer,
                           Listener listener)
    : port_(port),
      query_(std::move(query)),
      receive_buffer_(receive_buffer),
      listener_(std::move(listener)) {
}

void StreamReader::connect() {
  connection_.emplace(port_, receive_buffer_);
  ++connections_;
  head_.clear();
  has_head_ = false;
  chunks_.reset();
  parser_.reset();
  std::string text = "GET /events/watch" + query_ + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  text += "Accept: text/event-stream\r\n";
  if (!last_event_id().empty()) text += "Last-Event-ID: " + last_event_id() + "\r\n";
  connection_->send(text + "\r\n");
}

void StreamReader::reset() {
  connection_->reset();
  connection_.reset();
}

bool StreamReader::read(std::size_t most) {
  std::array<char, 65536> buffer;
  const auto bytes = ::recv(fd(), buffer.data(), std::min(most, buffer.size()), MSG_DONTWAIT);
  if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  if (bytes <= 0) {
    close();
    return false;
  }
  take({buffer.data(), static_cast<std::size_t>(bytes)});
  return true;
}

void StreamReader::take(std::string_view bytes) {
  if (has_head_) return take_body(bytes);
  head_ += bytes;
  const auto end = head_.find("\r\n\r\n");
  if (end == std::string::npos) return;
  const std::string body = head_.substr(end + 4);
  head_.resize(end + 4);
  has_head_ = true;
  if (says_chunked(head_)) chunks_.emplace();
  take_body(body);
}

void StreamReader::take_body(std::string_view bytes) {
  std::string text;
  if (chunks_) {
    REQUIRE(chunks_->take(bytes, text));
    bytes = text;
  }
  REQUIRE(parser_.push(bytes));
}

bool StreamReader::poll_and_read() {
  pollfd readable{fd(), POLLIN, 0};
  ::poll(&readable, 1, 100);
  return read(65536);
}

void StreamReader::read_until(const std::function<bool()>& condition, const std::string& what) {
  wait_until(
      [&] {
        if (condition()) return true;
        if (!poll_and_read()) FAIL("the stream ended; waited for " << what);
        return condition();
      },
      what);
}

void StreamReader::read_to_end() {
  wait_until([&] { return !is_open() || !poll_and_read(); }, "the end of the stream");
}

bool StreamReader::on_event(wire::ReceivedEvent& event) {
  if (event.type.rfind("sse.", 0) == 0) {
    hub_events_.push_back(event);
    return true;
  }
  ids_.push_back(event.id);
  if (listener_) listener_(event);
  return true;
}

}  // namespace sse::test
