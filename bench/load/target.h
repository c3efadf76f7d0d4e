#pragma once

/// \file
/// How each server that is measured is subscribed to and published to, and what its events look
/// like.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sse/base/result.h"

#include "ticket_book.h"

namespace sse::bench {

enum class ServerKind {
  kReadings,  ///< sse-serve, with readings of metrics
  kEvents,    ///< sse-serve, or a program that embeds it, with generic events
  kRaw,       ///< sse-raw
  kNchan,     ///< nginx with bench/nchan.conf
};

/// What a subscriber asks for.
struct WatchRequest {
  std::string path;
  std::vector<std::pair<std::string, std::string>> fields;  ///< without Host

  /// As HTTP/1.1 has it.
  std::string text() const;
};

/// A server's dialect. Thread-compatible; what is const may be called from many threads.
class Target {
 public:
  struct Shape {
    ServerKind kind = ServerKind::kReadings;
    std::uint16_t port = 0;
    std::size_t topics = 1;  ///< each event has one of them, each stream follows one (1: all)
    std::size_t spread = 1;  ///< each event has one of so many topics, each stream follows all
    std::size_t size = 0;    ///< least bytes of an event's data, where we choose them
    std::string watch;       ///< path and query of the stream instead of the usual
    std::string token_file;  ///< bearer tokens, one a line; empty: no credentials
    std::uint16_t publish_port = 0;         ///< of another node, which is published to; 0: the same
    std::vector<std::uint16_t> more_ports;  ///< of further nodes that streams are opened on
  };

  explicit Target(Shape shape) : shape_(std::move(shape)) {}

  /// Reads the tokens, makes what the server must have before events can be published (metrics),
  /// and notes the place in the log from which a stream can resume.
  Status prepare();

  /// Of the server that is subscribed to, and of the one that is published to.
  std::uint16_t port() const { return shape_.port; }
  /// Where connection `index` is opened: on each node in turn.
  std::uint16_t port_of(std::size_t index) const;
  bool has_more_nodes() const { return !shape_.more_ports.empty(); }
  std::uint16_t publish_port() const {
    return shape_.publish_port == 0 ? shape_.port : shape_.publish_port;
  }
  std::size_t topics() const { return shape_.topics; }

  /// A subscriber's request. Resuming: from prepare(), not from now on.
  WatchRequest watch_request(std::size_t topic, bool resuming) const;

  /// Appends a request that publishes one event, or `tickets` as lines of one request.
  void append_publish(std::string& out, const Ticket& ticket) const;
  void append_batch(std::string& out, const std::vector<Ticket>& tickets) const;
  bool takes_batches() const { return is_hub(); }

  /// Whether an answer with that status to a request of `events` events took all of them.
  bool is_accepted(int status, std::string_view body, std::size_t events) const;

  /// What stands before the send time in an event.
  std::string_view marker() const;
  /// Digits of the number that ends an id and grows by one with each event: 16 or 10; 0: none.
  int id_base() const;

 private:
  bool is_hub() const {
    return shape_.kind == ServerKind::kReadings || shape_.kind == ServerKind::kEvents;
  }
  Status read_tokens();
  /// `Bearer` and the next token; empty without tokens.
  std::string bearer() const;
  /// The same as a header line.
  std::string credential() const;
  void append_head(std::string& out, std::string_view type, std::size_t length) const;
  std::string_view publish_path() const;
  std::string data_of(const Ticket& ticket) const;
  void append_body(std::string& out, const Ticket& ticket) const;

  const Shape shape_;
  std::vector<std::string> metrics_;  // their ids, one for each topic
  std::string resume_after_;          // an event id
  std::vector<std::string> tokens_;
  mutable std::atomic<std::size_t> next_token_ = 0;
};

}  // namespace sse::bench
