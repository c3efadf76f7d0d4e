#pragma once

/// \file
/// The peer's side of an HTTP/2 connection in memory, on nghttp2's client.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/memory_socket.h"

struct nghttp2_session;

namespace sse::test {

/// What came of one stream.
struct Http2Answer {
  std::string status;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  int continues = 0;                        ///< heads with status 100
  bool ended = false;                       ///< END_STREAM
  std::optional<std::uint32_t> reset_with;  ///< RST_STREAM of the server, or of this side

  std::string field(std::string_view name) const;
};

/// Reads what comes when exchange() is called, and gives windows back as browsers do: past half of
/// each.
class Http2Peer {
 public:
  struct Options {
    std::uint32_t stream_window = 65'535;
    std::int32_t connection_window = 65'535;
  };
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit Http2Peer(Peer& peer) : Http2Peer(peer, Options()) {}
  Http2Peer(Peer& peer, Options options);
  ~Http2Peer();
  Http2Peer(const Http2Peer&) = delete;
  Http2Peer& operator=(const Http2Peer&) = delete;

  /// A request without a body.
  std::int32_t get(const std::string& path, const Fields& more = {});
  std::int32_t post(const std::string& path, std::string body, const Fields& more = {});
  /// As it is: pseudo-header fields included. `ends`: there is no body.
  std::int32_t request(const Fields& fields, bool ends = true, std::string body = {});
  void reset(std::int32_t id, std::uint32_t error = 8 /* CANCEL */);
  void ping();
  /// WINDOW_UPDATE, whatever was read; `id` 0: of the connection.
  void update_window(std::int32_t id, std::int32_t bytes);
  /// SETTINGS_INITIAL_WINDOW_SIZE, of all streams.
  void set_window(std::uint32_t bytes);
  /// The windows of this stream are not given back from now on.
  void stop_reading(std::int32_t id) { unread_.insert(id); }
  /// The body of this request is not sent.
  void stop_sending(std::int32_t id) { unsent_.insert(id); }
  /// Nothing of what was received is given back before this.
  void go_on_reading(std::int32_t id);

  /// Sends what is to be sent, and takes what has come.
  void exchange();

  Http2Answer& answer(std::int32_t id) { return answers_[id]; }
  /// The error of a GOAWAY.
  std::optional<std::uint32_t> goaway() const { return goaway_; }
  int pings() const { return pings_; }  ///< of the server
  int answers_to_pings() const { return acks_; }
  std::uint32_t setting(int id) const;

 private:
  struct Callbacks;

  Peer& peer_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Http2Answer> answers_;
  std::map<std::int32_t, std::string> bodies_;
  std::map<std::int32_t, std::size_t> unconsumed_;
  std::set<std::int32_t> unread_;
  std::set<std::int32_t> unsent_;
  std::optional<std::uint32_t> goaway_;
  int pings_ = 0;
  int acks_ = 0;
};

/// A frame as it goes on the wire (RFC 9113 section 4.1).
std::string http2_frame(int type, int flags, std::uint32_t stream, std::string_view payload = {});
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace sse::test
