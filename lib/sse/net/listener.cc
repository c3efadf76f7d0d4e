#include "sse/net/listener.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "sse/base/logging.h"
#include "sse/net/tcp_socket.h"

namespace sse::net {
namespace {

constexpr std::string_view kUnix = "unix:";

// A storm of connections takes turns with the streams that are live.
constexpr std::uint64_t kStepsToAccept = 3 * Budget::kSystemCall;

// How long accepting rests when even the spare descriptor did not help (ENFILE, ENOBUFS, ENOMEM).
constexpr std::chrono::milliseconds kPause{100};

// Tries to find one port that is free on every address.
constexpr int kPortTries = 16;

UniqueFd open_spare() {
  return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_about_one_connection(int error) {
  return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM ||
         error == ENETDOWN || error == EHOSTUNREACH || error == ENETUNREACH || error == ETIMEDOUT;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(const std::string& bind, std::uint16_t port,
                                                 const SocketOptions& options) {
  auto fd = SSE_TRY(listen_on(bind, port, options));
  std::unique_ptr<Listener> listener(new Listener(bind, std::move(fd)));
  listener->know_file();
  return listener;
}

Result<std::unique_ptr<Listener>> Listener::adopt(const std::string& bind, UniqueFd fd,
                                                  const SocketOptions& options) {
  int listening = 0;
  socklen_t length = sizeof listening;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 ||
      listening == 0) {
    return Error{ErrorCode::kInvalid, "what was handed over for " + bind + " does not listen"};
  }
  std::unique_ptr<Listener> listener(new Listener(bind, std::move(fd)));
  listener->adopted_ = options;
  return listener;
}

Listener::Listener(std::string bind, UniqueFd fd)
    : bind_(std::move(bind)),
      bound_(bound_address(fd.get())),
      fd_(std::move(fd)),
      spare_(open_spare()) {
}

void Listener::claim() {
  const auto options = std::exchange(adopted_, std::nullopt);
  if (!options) return;
  set_inherited_options(fd_.get(), *options);
  know_file();
}

void Listener::know_file() {
  if (bind_.starts_with(kUnix)) file_ = socket_file(bind_.substr(kUnix.size()));
}

Listener::~Listener() {
  close();
}

Status Listener::start(Loop& loop, OnAccept on_accept) {
  loop_ = &loop;
  on_accept_ = std::move(on_accept);
  if (!loop.watch(fd_.get(), EPOLLIN, *this)) {
    return Error{ErrorCode::kIo, "cannot watch the listening socket of " + bind_};
  }
  return {};
}

void Listener::close() {
  if (!fd_.is_open()) return;
  if (pause_) loop_->cancel(*pause_);
  if (loop_ != nullptr) loop_->unwatch(fd_.get(), *this);
  fd_.reset();
  // Another hub may have taken the path meanwhile: its socket stays.
  if (file_ && socket_file(bind_.substr(kUnix.size())) == file_) {
    ::unlink(bind_.c_str() + kUnix.size());
  }
}

void Listener::let_go() {
  file_.reset();
  close();
}

void Listener::on_epoll(std::uint32_t /*events*/) {
  // The rest is reported again: the descriptor is watched by level.
  while (fd_.is_open() && !loop_->budget().is_spent()) {
    loop_->budget().spend(kStepsToAccept);
    if (!accept_one()) return;
  }
}

bool Listener::accept_one() {
  UniqueFd accepted(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (accepted.is_open()) {
    out_of_descriptors_ = false;
    on_accept_(std::make_unique<TcpSocket>(std::move(accepted)));
    return true;
  }
  const int error = errno;
  if (error == EAGAIN || error == EWOULDBLOCK) return false;
  if (is_about_one_connection(error)) return true;
  if (error == EMFILE && spare_.is_open()) {
    const bool refused = refuse_one();
    spare_ = open_spare();
    return refused;
  }
  pause();
  return false;
}

bool Listener::refuse_one() {
  // Left in the backlog, it would wake the loop for ever and its peer would wait for ever.
  spare_.reset();
  const UniqueFd refused(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  const bool was_there = refused.is_open();
  if (was_there && !std::exchange(out_of_descriptors_, true)) {
    log_line(LogLevel::kWarning,
             "out of file descriptors: connections are refused (see ulimit -n)");
  }
  return was_there;
}

void Listener::pause() {
  log_line(LogLevel::kWarning, "the system is out of resources: accepting rests for a moment");
  loop_->unwatch(fd_.get(), *this);
  pause_ = loop_->run_after(kPause, [this] {
    pause_.reset();
    if (!spare_.is_open()) spare_ = open_spare();
    if (!loop_->watch(fd_.get(), EPOLLIN, *this)) pause();
  });
}

void AdoptedSockets::add(std::string use, std::string bind, UniqueFd fd) {
  sockets_.push_back({std::move(use), std::move(bind), std::move(fd)});
}

std::size_t AdoptedSockets::find(const std::string& use, const std::string& bind,
                                 std::uint16_t port) const {
  const bool has_port = !bind.starts_with(kUnix) && !bind.starts_with("fd:");
  std::size_t found = sockets_.size();
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    const Waiting& waiting = sockets_[i];
    if (!waiting.fd.is_open() || waiting.bind != bind) continue;
    const bool is_any = has_port && port == 0;
    if (is_any && waiting.use != use) continue;
    if (has_port && !is_any && bound_address(waiting.fd.get()).port != port) continue;
    if (waiting.use == use) return i;
    found = std::min(found, i);
  }
  return found;
}

bool AdoptedSockets::has(const std::string& use, const std::string& bind,
                         std::uint16_t port) const {
  return find(use, bind, port) < sockets_.size();
}

UniqueFd AdoptedSockets::take(const std::string& use, const std::string& bind, std::uint16_t port) {
  const std::size_t found = find(use, bind, port);
  return found < sockets_.size() ? std::move(sockets_[found].fd) : UniqueFd();
}

void AdoptedSockets::drop_rest() {
  for (Waiting& waiting : sockets_) {
    if (!waiting.fd.is_open()) continue;
    waiting.fd.reset();
    if (!waiting.bind.starts_with(kUnix)) continue;
    const std::string path = waiting.bind.substr(kUnix.size());
    if (const auto file = socket_file(path)) dropped_.emplace_back(path, *file);
  }
}

void AdoptedSockets::remove_files() {
  for (const auto& [path, file] : std::exchange(dropped_, {})) {
    if (socket_file(path) == file) ::unlink(path.c_str());
  }
}

std::vector<std::string> AdoptedSockets::binds(const std::string& use) const {
  std::vector<std::string> all;
  for (const Waiting& waiting : sockets_) {
    if (waiting.use == use) all.push_back(waiting.bind);
  }
  return all;
}

Result<std::vector<std::unique_ptr<Listener>>> open_listeners(const std::vector<std::string>& binds,
                                                              std::uint16_t port,
                                                              const SocketOptions& options,
                                                              AdoptedSockets* adopted,
                                                              const std::string& use) {
  for (int tries = 1;; ++tries) {
    std::vector<std::unique_ptr<Listener>> listeners;
    std::uint16_t common = port;
    std::optional<Error> failure;
    for (const auto& bind : binds) {
      UniqueFd handed = adopted != nullptr ? adopted->take(use, bind, common) : UniqueFd();
      auto listener = handed.is_open() ? Listener::adopt(bind, std::move(handed), options)
                                       : Listener::open(bind, common, options);
      if (!listener) {
        failure = std::move(listener).error();
        break;
      }
      if (common == 0 && bind.rfind("fd:", 0) != 0) common = (*listener)->port();
      listeners.push_back(std::move(listener).value());
    }
    if (!failure) return listeners;
    // The port that one address gave is taken on another: ask for the next one.
    const bool may_retry = port == 0 && !listeners.empty() && tries < kPortTries;
    if (!may_retry || failure->code != ErrorCode::kUnavailable) return *std::move(failure);
  }
}

}  // namespace sse::net
