#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sse/http/stream_socket.h"

#include "support/catch.h"
#include "support/chunked.h"
#include "support/manual_clock.h"
#include "support/memory_socket.h"

namespace sse::http {

using net::IoStatus;
using test::Peer;
using test::read_stream;

inline constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
inline constexpr std::string_view kOldHead = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";

struct NoHandler final : net::ReadyHandler {
  void on_ready(net::Readiness /*readiness*/) override {}
};

/// A socket with a peer whose room is set by hand.
struct StreamStage {
  explicit StreamStage(StreamForm form = StreamForm::kChunked) {
    auto opened = net::Loop::open(clock);
    REQUIRE(opened);
    loop = std::move(opened).value();
    const auto head = form == StreamForm::kChunked ? kHead : kOldHead;
    socket = std::make_unique<StreamSocket>(std::make_unique<test::MemorySocket>(peer),
                                            std::string(head), form);
    REQUIRE(socket->attach(*loop, ignored));
  }

  net::IoResult write(std::string_view bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    return socket->write({&piece, 1});
  }
  net::IoResult write(const std::vector<std::string_view>& texts) {
    std::vector<iovec> pieces;
    for (const auto text : texts) {
      pieces.push_back({const_cast<char*>(text.data()), text.size()});
    }
    return socket->write(pieces);
  }
  void write_all(std::string_view bytes) {
    const auto result = write(bytes);
    REQUIRE(result.status == IoStatus::kOk);
    REQUIRE(result.bytes == bytes.size());
  }
  /// Writes until all is taken, the peer giving so much room each time. As the hub does: what was
  /// not taken comes again.
  void trickle(std::string_view bytes, std::size_t room) {
    for (std::size_t tries = 0; !bytes.empty(); ++tries) {
      REQUIRE(tries < 100'000);
      peer.set_room(room);
      const auto result = write(bytes);
      REQUIRE(result.bytes <= bytes.size());
      REQUIRE((result.status != IoStatus::kWouldBlock) == (result.bytes > 0));
      bytes.remove_prefix(result.bytes);
    }
    peer.set_room(test::kUnlimited);
  }
  std::string received() const { return peer.received(); }

  test::ManualClock clock;
  std::unique_ptr<net::Loop> loop;
  Peer peer;
  NoHandler ignored;
  std::unique_ptr<StreamSocket> socket;
};

/// Bytes of which none is like its neighbours.
inline std::string text_of(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('!' + (i * 7 + i / 90) % 90);
  return text;
}

inline std::string hex(std::size_t number) {
  char text[20];
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%zx", number))};
}

inline std::string chunk(std::string_view text) {
  return hex(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

}  // namespace sse::http
