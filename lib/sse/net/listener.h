#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"
#include "sse/net/address.h"
#include "sse/net/loop.h"
#include "sse/net/socket.h"

namespace sse::net {

/// One listening socket. Accepts on one loop and hands each socket to its callback, unattached, so
/// that the callback may deal it to another loop. Running out of descriptors (EMFILE) does not stop
/// it: the connection that finds none is closed at once with the help of a spare, and the next one
/// that finds room is served. Loop-affine once started; the destructor too.
class SSE_EXPORT Listener final : private EpollHandler {
 public:
  using OnAccept = std::function<void(std::unique_ptr<Socket>)>;

  static Result<std::unique_ptr<Listener>> open(const std::string& bind, std::uint16_t port,
                                                const SocketOptions& options);
  /// The same with a socket that listens already, which another process has opened for `bind`.
  /// It is that process's until claim().
  static Result<std::unique_ptr<Listener>> adopt(const std::string& bind, UniqueFd fd,
                                                 const SocketOptions& options);
  ~Listener();

  /// The port it is bound to; 0 for a Unix socket.
  std::uint16_t port() const { return bound_.port; }
  /// Where it is bound, whatever was asked for: `127.1` and names are resolved, `fd:N` is known.
  const BoundAddress& bound() const { return bound_; }
  /// As it was asked for: the address, `unix:PATH` or `fd:N`.
  const std::string& bind() const { return bind_; }

  /// Starts accepting on `loop`.
  Status start(Loop& loop, OnAccept on_accept);
  /// Stops and closes: from now on connecting is refused. Idempotent.
  void close();
  /// Stops, and closes its own descriptor: another process goes on with the socket, and a Unix
  /// socket keeps its file.
  void let_go();
  /// The adopted socket is this one's from now on: what is accepted gets its options, and a Unix
  /// socket's file goes with it. Does nothing to one of its own.
  void claim();
  /// To be handed to another process; -1 once it is closed.
  int descriptor() const { return fd_.get(); }

 private:
  Listener(std::string bind, UniqueFd fd);

  void on_epoll(std::uint32_t events) override;
  void know_file();
  bool accept_one();
  bool refuse_one();
  void pause();

  const std::string bind_;
  const BoundAddress bound_;
  std::optional<SocketFile> file_;        // of a Unix socket that is ours
  std::optional<SocketOptions> adopted_;  // until claim()

  // Owned by the loop.
  UniqueFd fd_;
  UniqueFd spare_;                   // given up for a moment to accept, and close, one more
  bool out_of_descriptors_ = false;  // said once, until accepting works again
  Loop* loop_ = nullptr;
  OnAccept on_accept_;
  std::optional<TimerId> pause_;
};

/// Listening sockets that another process has opened, and that wait for their listeners.
/// Thread-compatible.
class SSE_EXPORT AdoptedSockets {
 public:
  /// `use` says what it is for, `bind` what it was opened with.
  void add(std::string use, std::string bind, UniqueFd fd);
  /// The socket of this address, once: that of this use, or else one that had another, for the
  /// address can be opened only once. `port`: 0 for any, of this use.
  UniqueFd take(const std::string& use, const std::string& bind, std::uint16_t port);
  /// Whether take() would find one.
  bool has(const std::string& use, const std::string& bind, std::uint16_t port) const;
  /// Closes those that none has asked for, so that what connects there is refused once the other
  /// process has let them go, too.
  void drop_rest();
  /// Removes the files of Unix sockets that drop_rest() has closed: the other process has let them
  /// go.
  void remove_files();
  /// What those of this use were opened with.
  std::vector<std::string> binds(const std::string& use) const;

 private:
  struct Waiting {
    std::string use;
    std::string bind;
    UniqueFd fd;
  };
  /// Where it is in `sockets_`; their number when there is none.
  std::size_t find(const std::string& use, const std::string& bind, std::uint16_t port) const;

  std::vector<Waiting> sockets_;
  std::vector<std::pair<std::string, SocketFile>> dropped_;  // with their paths
};

/// A listener for each of `binds`, all on one port: with port 0 the first gets any, and the others
/// the same. Those that `adopted` has for this `use` are not opened; it may be null.
SSE_EXPORT Result<std::vector<std::unique_ptr<Listener>>> open_listeners(
    const std::vector<std::string>& binds, std::uint16_t port, const SocketOptions& options,
    AdoptedSockets* adopted = nullptr, const std::string& use = {});

}  // namespace sse::net
