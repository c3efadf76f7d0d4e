#pragma once

/// \file
/// Messages with descriptors between two processes of one machine.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/export.h"
#include "sse/base/result.h"
#include "sse/base/unique_fd.h"

namespace sse::takeover {

/// What a message is. The numbers are the protocol's.
enum class Kind : std::uint32_t {
  kHello = 1,  ///< to the old process: who asks
  kOffer,      ///< from it: what there is, with the listening sockets
  kReady,      ///< to it: the new process waits for the rest
  kPart,       ///< from it: a part of that
  kEnd,        ///< from it: that was all
  kTaken,      ///< to it: the new process has everything, and goes on
  kRefusal,    ///< either way: why nothing comes of it
};

/// One message. Owns its descriptors.
struct Message {
  Kind kind = Kind::kRefusal;
  std::string bytes;
  std::vector<UniqueFd> descriptors;
};

/// Who is at the other end of a Unix socket.
struct PeerProcess {
  pid_t pid = 0;
  uid_t uid = 0;
};

/// Descriptors of one message: the kernel takes 253 at most.
inline constexpr std::size_t kMostDescriptors = 250;
/// Bytes of one message.
inline constexpr std::size_t kMostBytes = std::size_t{16} << 20U;

/// A connected Unix stream socket. A message is u32 kind | u32 bytes | u32 descriptors, then the
/// bytes; the descriptors come with its first byte (unix(7), SCM_RIGHTS). Blocks until its deadline
/// at most. Thread-compatible.
class SSE_EXPORT Channel {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}
  /// Errors: kUnavailable, no process listens there; kIo, one may.
  static Result<Channel> connect(const std::string& path);

  /// For all that follows.
  void set_deadline(Deadline deadline) { deadline_ = deadline; }

  /// From now on nothing is sent or waited for once `fd` is readable; -1: it is.
  void cut_off_by(int fd) { cut_off_ = fd; }

  /// Errors: kUnavailable, the peer is gone, the time is over, or it was cut off; kInvalid, there
  /// are more descriptors than fit; kIo.
  Status send(Kind kind, std::string_view bytes, const std::vector<int>& descriptors = {});
  /// Errors: those of send(); kInvalid, what comes is not a message, or its descriptors found no
  /// room in this process.
  Result<Message> receive();

  /// Nothing can be received any more but what has arrived already, and the peer's send() fails.
  void stop_receiving();
  /// Whether a message has arrived that was not received.
  bool has_arrived() const;

  /// Whether the peer has closed its side.
  bool is_left() const;

  Result<PeerProcess> peer() const;
  int fd() const { return socket_.get(); }

 private:
  Status wait(short events) const;
  Status read(char* into, std::size_t size, std::vector<UniqueFd>& descriptors);

  UniqueFd socket_;
  Deadline deadline_ = Deadline::max();
  int cut_off_ = -1;
};

}  // namespace sse::takeover
