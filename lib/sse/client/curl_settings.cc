#include "sse/client/curl_settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include <curl/curl.h>

#include "sse/base/ascii.h"
#include "sse/base/logging.h"
#include "sse/base/version.h"

namespace sse::client {
namespace {

/// What libcurl reads at once.
constexpr long kBufferBytes = 64L << 10U;

bool has_header(const StreamRequest& request, const char* name) {
  return std::any_of(request.headers.begin(), request.headers.end(), [name](const Header& header) {
    return equals_ignoring_case(header.name, name);
  });
}

std::string user_agent(const HttpSettings& settings) {
  return settings.user_agent.empty() ? "libsse/" + std::string(version()) : settings.user_agent;
}

/// `192.0.2.1:80`, for the log.
std::string text_of(const curl_sockaddr& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const sockaddr* const generic = &peer.addr;
  if (peer.family == AF_INET) {
    const auto* const address = reinterpret_cast<const sockaddr_in*>(generic);
    ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
    return std::string(text.data()) + ":" + std::to_string(ntohs(address->sin_port));
  }
  if (peer.family == AF_INET6) {
    const auto* const address = reinterpret_cast<const sockaddr_in6*>(generic);
    ::inet_ntop(AF_INET6, &address->sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(ntohs(address->sin6_port));
  }
  return "unix:" + std::string(reinterpret_cast<const sockaddr_un*>(generic)->sun_path);
}

/// libcurl's sockets, but no command that a program starts inherits them.
curl_socket_t open_socket(void* notes, curlsocktype /*purpose*/, curl_sockaddr* peer) {
  auto& sockets = *static_cast<SocketNotes*>(notes);
  sockets.has_opened = true;
  if (log_enabled(LogLevel::kInfo)) log_line(LogLevel::kInfo, "connecting to " + text_of(*peer));
  const int fd = ::socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
  if (fd < 0) sockets.os_error = errno;
  return fd;
}

template <typename Value>
void set(void* easy, CURLoption option, Value value) {
  curl_easy_setopt(easy, option, value);
}

void set_if(void* easy, CURLoption option, const std::string& text) {
  if (!text.empty()) set(easy, option, text.c_str());
}

void apply_tls(void* easy, const TlsOptions& tls) {
  set(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
  set(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
  // OpenSSL's own variables; libcurl does not read them.
  const std::string file = tls.ca_file.empty() ? variable("SSL_CERT_FILE") : tls.ca_file;
  set_if(easy, CURLOPT_CAINFO, file);
  if (tls.ca_file.empty()) set_if(easy, CURLOPT_CAPATH, variable("SSL_CERT_DIR"));
  if (!tls.ca_file.empty()) set<const char*>(easy, CURLOPT_CAPATH, nullptr);
  set_if(easy, CURLOPT_SSLCERT, tls.certificate);
  set_if(easy, CURLOPT_SSLKEY, tls.key.empty() ? tls.certificate : tls.key);
}

void apply_route(void* easy, const Endpoint& url, const std::string& proxy, SocketNotes& sockets) {
  set(easy, CURLOPT_PROXY, proxy.c_str());  // empty: none, whatever the environment says
  set(easy, CURLOPT_NOPROXY, "");           // proxy_for() has applied it
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  std::string target = url.url();
  if (!url.socket_path().empty()) {
    set(easy, CURLOPT_UNIX_SOCKET_PATH, url.socket_path().c_str());
    target = "http://localhost" + url.target();
  }
  set(easy, CURLOPT_URL, target.c_str());
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, &sockets);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);  // finds a dead peer that a silent stream never shows
}

void apply_method(void* easy, const StreamRequest& request) {
  if (request.method == "GET" && request.body.empty()) {
    set(easy, CURLOPT_HTTPGET, 1L);
    return;
  }
  set(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  if (request.method != "POST") set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

}  // namespace

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

HeaderLines::HeaderLines(const StreamRequest& request, const HttpSettings& settings) {
  for (const Header& header : request.headers) {
    // `Name;` is how libcurl sends a field without a value.
    add(header.name + (header.value.empty() ? ";" : ": " + header.value));
  }
  const auto add_default = [&](const char* name, const std::string& value) {
    if (!has_header(request, name)) add(std::string(name) + (value.empty() ? ":" : ": " + value));
  };
  add_default("User-Agent", user_agent(settings));
  add_default("Accept-Encoding", "identity");
  add_default("Content-Type", "");  // libcurl's is that of a form
  add_default("Expect", "");        // a hub takes or refuses a body without being asked first
}

HeaderLines::~HeaderLines() {
  curl_slist_free_all(static_cast<curl_slist*>(list_));
}

void HeaderLines::add(const std::string& line) {
  auto* const longer = curl_slist_append(static_cast<curl_slist*>(list_), line.c_str());
  if (longer != nullptr) list_ = longer;
}

void apply_settings(void* easy, const StreamRequest& request, const HttpSettings& settings,
                    const std::string& proxy, SocketNotes& sockets) {
  using std::chrono::milliseconds;
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for the resolver
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // What is not HTTP comes as a body without a head; CurlTransfer refuses it.
  set(easy, CURLOPT_HTTP09_ALLOWED, 1L);
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  const auto connect = std::chrono::ceil<milliseconds>(request.connect_timeout).count();
  set(easy, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::clamp<std::int64_t>(connect, 1, 1L << 40U)));
  apply_route(easy, request.url, proxy, sockets);
  apply_tls(easy, settings.tls);
  apply_method(easy, request);
}

}  // namespace sse::client
