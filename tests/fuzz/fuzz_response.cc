// A server that answers anything, over a Unix socket, to the real exchange: it always ends, says
// why when it does not end well, and its head is one that HeadReader takes from the same bytes.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include <stdlib.h>

#include "sse/base/unique_fd.h"
#include "sse/base/utf8.h"
#include "sse/client/head_reader.h"
#include "sse/client/http_transport.h"

#include "fuzz/input.h"

namespace sse::fuzz {
namespace {

/// Where the exchange finds us.
class Listener {
 public:
  Listener() : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    char directory[] = "/tmp/fuzz-response-XXXXXX";
    SSE_CHECK(::mkdtemp(directory) != nullptr);
    directory_ = directory;
    path_ = directory_ + "/s";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    SSE_CHECK(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    SSE_CHECK(::listen(fd_.get(), 4) == 0);
  }
  ~Listener() {
    ::unlink(path_.c_str());
    ::rmdir(directory_.c_str());
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::string url() const { return "unix:" + path_; }
  UniqueFd accept() const { return UniqueFd(::accept(fd_.get(), nullptr, nullptr)); }

 private:
  const UniqueFd fd_;
  std::string directory_;
  std::string path_;
};

struct Read {
  client::ResponseHead head;
  bool has_head = false;
  std::size_t body = 0;
  client::ExchangeEnd end;
};

void wait_readable(int fd) {
  pollfd polled{fd, POLLIN, 0};
  SSE_CHECK(::poll(&polled, 1, 10'000) == 1);  // else it hangs
}

Read read(client::Exchange& exchange) {
  Read read;
  for (;;) {
    wait_readable(exchange.ready_fd());
    const auto arrived = exchange.take();
    if (arrived.head != nullptr) {
      SSE_CHECK(!read.has_head && read.body == 0);
      read.has_head = true;
      read.head = *arrived.head;
    }
    SSE_CHECK(arrived.bytes.empty() || read.has_head);
    read.body += arrived.bytes.size();
    if (!arrived.end) continue;
    read.end = *arrived.end;
    return read;
  }
}

/// Answers and closes; the request is read first, so that nothing is reset.
void answer(const Listener& listener, client::Exchange& exchange, std::string_view bytes) {
  wait_readable(exchange.ready_fd());
  exchange.take();  // connects
  const UniqueFd peer = listener.accept();
  SSE_CHECK(peer.is_open());
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    char piece[1024];
    pollfd polled{peer.get(), POLLIN, 0};
    if (::poll(&polled, 1, 0) == 0) {
      wait_readable(exchange.ready_fd());
      exchange.take();  // sends
      continue;
    }
    const auto size = ::recv(peer.get(), piece, sizeof piece, 0);
    SSE_CHECK(size > 0);
    request.append(piece, static_cast<std::size_t>(size));
  }
  [[maybe_unused]] const auto sent =
      ::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool has_complete_head(std::string_view bytes) {
  client::HeadReader reader;
  while (!bytes.empty() && !reader.is_complete()) {
    const auto line = bytes.substr(0, bytes.find('\n') + 1);
    if (line.empty() || !reader.push(line)) return false;
    bytes.remove_prefix(line.size());
  }
  return reader.is_complete();
}

void check(std::string_view bytes) {
  static const Listener listener;
  client::HttpTransport transport;
  client::StreamRequest request;
  request.url = *client::Endpoint::parse(listener.url());
  const auto exchange = transport.open(request);
  answer(listener, *exchange, bytes);
  const Read got = read(*exchange);
  using Kind = client::ExchangeEnd::Kind;
  SSE_CHECK(!got.end.text.empty() && !has_control_character(got.end.text));
  SSE_CHECK(got.body <= bytes.size());
  SSE_CHECK(got.has_head || got.end.kind == Kind::kNotHttp);
  SSE_CHECK(!got.has_head || got.end.kind == Kind::kClosed || got.end.kind == Kind::kCut);
  if (!got.has_head) return;
  SSE_CHECK(got.head.status >= 200 && got.head.status <= 999);
  SSE_CHECK(has_complete_head(bytes));
  for (const auto& header : got.head.headers) {
    SSE_CHECK(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
  const auto location = got.head.header("Location");
  if (const auto target = request.url.resolve(location)) {
    SSE_CHECK(!has_control_character(target->url()) &&
              target->url().find(' ') == std::string::npos);
    SSE_CHECK(target->socket_path().empty() || target->same_origin(request.url));
  }
}

}  // namespace
}  // namespace sse::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sse::fuzz::check(sse::fuzz::text_of(data, size));
  return 0;
}
