#include "takeover.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <utility>

#include "sse/base/logging.h"
#include "sse/net/listener.h"
#include "sse/server/carried.h"
#include "sse/takeover/giver.h"

namespace sse::serve {
namespace {

constexpr int kBacklog = 8;
constexpr int kPauseMs = 100;  // without descriptors
constexpr mode_t kOwnerOnly = 0600;

/// Ends the load of a history that is not to be served.
class NotWanted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

Error failed(const std::string& path) {
  return {ErrorCode::kIo, "--takeover-socket " + path + ": " + std::strerror(errno)};
}

/// A listening socket under another name, which then takes the place of what is at `path`: between
/// two hubs there is always one.
Result<UniqueFd> listen_at(const std::string& path) {
  const std::string made = path + "." + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (made.size() >= sizeof address.sun_path) {
    return Error{ErrorCode::kInvalid, "--takeover-socket " + path + ": the path is too long"};
  }
  made.copy(address.sun_path, made.size());
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && !S_ISSOCK(there.st_mode)) {
    return Error{ErrorCode::kInvalid, "--takeover-socket " + path + ": there is a file there"};
  }
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.is_open()) return failed(path);
  // The mode that the file gets: before it can be connected to.
  ::fchmod(listener.get(), kOwnerOnly);
  ::unlink(made.c_str());
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(listener.get(), generic, sizeof address) != 0) return failed(path);
  const bool is_there = ::chmod(made.c_str(), kOwnerOnly) == 0 &&
                        ::listen(listener.get(), kBacklog) == 0 &&
                        ::rename(made.c_str(), path.c_str()) == 0;
  if (is_there) return listener;
  const auto error = failed(path);
  ::unlink(made.c_str());
  return error;
}

/// Of a hub that listens on sockets that a service manager has opened: those are its addresses.
void use_binds(const net::AdoptedSockets& adopted, Options& options) {
  auto binds = adopted.binds("main");
  for (const auto& bind : binds) {
    if (!bind.starts_with("fd:")) continue;
    options.server.binds = std::move(binds);
    return;
  }
}

}  // namespace

Result<std::unique_ptr<TakeoverSocket>> TakeoverSocket::open(const Options& options,
                                                             const takeover::Supervisor& supervisor,
                                                             server::EventServer& server,
                                                             std::function<void()> on_failure) {
  auto listener = SSE_TRY(listen_at(options.takeover_socket));
  return std::unique_ptr<TakeoverSocket>(
      new TakeoverSocket(options, supervisor, server, std::move(listener), std::move(on_failure)));
}

TakeoverSocket::TakeoverSocket(const Options& options, const takeover::Supervisor& supervisor,
                               server::EventServer& server, UniqueFd listener,
                               std::function<void()> on_failure)
    : path_(options.takeover_socket),
      patience_(options.takeover_timeout),
      supervisor_(supervisor),
      server_(server),
      on_failure_(std::move(on_failure)),
      listener_(std::move(listener)),
      file_(net::socket_file(path_)),
      thread_([this] { run(); }) {
}

TakeoverSocket::~TakeoverSocket() {
  stop();
}

void TakeoverSocket::stop() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    is_stopped_ = true;
    if (asking_ >= 0) ::shutdown(asking_, SHUT_RDWR);
  }
  stopped_.wake();
  thread_.join();
  // A successor puts its own socket there, and until then connections to this one wait. Another hub
  // may have done so.
  if (!is_taken_ && file_ && net::socket_file(path_) == file_) ::unlink(path_.c_str());
}

void TakeoverSocket::run() {
  std::array<pollfd, 2> fds{{{stopped_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}}};
  while (true) {
    if (::poll(fds.data(), fds.size(), -1) < 0) continue;
    if (fds[0].revents != 0) return;
    if (fds[1].revents == 0) continue;
    try {
      if (give_to_next()) return;
    } catch (const std::exception& failure) {
      log_line(LogLevel::kError, std::string("takeover: ") + failure.what());
    }
  }
}

bool TakeoverSocket::give_to_next() {
  UniqueFd accepted(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!accepted.is_open()) {
    pollfd stopped{stopped_.get(), POLLIN, 0};
    ::poll(&stopped, 1, kPauseMs);
    return false;
  }
  takeover::Channel channel(std::move(accepted));
  pid_t pid = 0;
  if (const auto given = give_to(channel, pid); !given) {
    log_line(LogLevel::kWarning, "takeover: " + given.error().text);
    on_failure_();
    return false;
  }
  successor_ = pid;
  is_taken_ = true;
  taken_.wake();
  return true;
}

/// The connection of the process that asks goes, also when something is thrown.
class TakeoverSocket::Asking {
 public:
  explicit Asking(TakeoverSocket& socket) : socket_(socket) {}
  ~Asking() {
    const MutexLock lock(socket_.mutex_);
    socket_.asking_ = -1;
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

 private:
  TakeoverSocket& socket_;
};

Status TakeoverSocket::give_to(takeover::Channel& channel, pid_t& pid) {
  const auto peer = SSE_TRY(channel.peer());
  SSE_TRY(takeover::check_peer(peer, ::geteuid()));
  pid = peer.pid;
  {
    const MutexLock lock(mutex_);
    if (is_stopped_) return Error{ErrorCode::kUnavailable, "this hub is draining"};
    asking_ = channel.fd();
  }
  const Asking asking(*this);
  const auto holdings = server_.holdings(patience_, supervisor_);
  return takeover::give(channel, *holdings, {std::chrono::seconds(60), patience_});
}

Result<std::optional<BegunTakeover>> begin_takeover(Options& options, const takeover::Hello& hello,
                                                    const cli::StopSignals& signals) {
  auto channel = takeover::Channel::connect(options.takeover_socket);
  if (!channel && channel.error().code == ErrorCode::kUnavailable) {
    log_line(LogLevel::kInfo,
             "takeover: " + channel.error().text + "; this one starts like any other");
    return std::optional<BegunTakeover>();
  }
  if (!channel) return channel.error();
  const auto peer = SSE_TRY(channel->peer());
  SSE_TRY(takeover::check_peer(peer, ::geteuid()));
  takeover::Taker taker(*std::move(channel));
  taker.cut_off_by(signals.fd());
  auto offered = SSE_TRY(taker.ask(hello));
  log_line(LogLevel::kInfo, "takeover: of sse-serve " + offered.offer.program + ", process " +
                                std::to_string(peer.pid) + ", with " +
                                std::to_string(offered.offer.streams) + " streams");
  auto adopted = std::make_shared<net::AdoptedSockets>();
  for (std::size_t i = 0; i < offered.descriptors.size(); ++i) {
    auto& listener = offered.offer.listeners[i];
    adopted->add(listener.use, listener.bind, std::move(offered.descriptors[i]));
  }
  use_binds(*adopted, options);
  options.server.adopted = std::move(adopted);
  return std::optional(BegunTakeover{std::move(taker), std::move(offered.offer.supervisor)});
}

void check_still_wanted(const takeover::Taker& taker, const cli::StopSignals& signals) {
  if (signals.received() != 0) throw NotWanted("this process is to stop");
  if (taker.is_left()) throw NotWanted("the other process takes its hub back");
}

Status finish_takeover(takeover::Taker& taker, server::EventServer& server) {
  server::Carried carried;
  std::size_t streams = 0;
  const auto take = [&]() -> Status {
    SSE_TRY(taker.receive([&carried](takeover::Message&& part) {
      return server::add_part(std::move(part), carried);
    }));
    streams = carried.streams.size();
    SSE_TRY(server.take_over(std::move(carried)));
    return taker.take();  // nothing may fail behind it
  };
  auto taken = [&]() -> Status {
    try {
      return take();
    } catch (const std::exception& failure) {  // of this process's memory, or NotWanted
      return Error{ErrorCode::kUnavailable, failure.what()};
    }
  }();
  if (!taken) {
    taker.refuse(taken.error().text);
    return taken;
  }
  log_line(LogLevel::kInfo,
           "takeover: this hub goes on with " + std::to_string(streams) + " streams");
  return {};
}

}  // namespace sse::serve
