#pragma once

/// \file
/// Certificates and files for TLS to Redis, and a Redis that answers a PING.

#include <sys/stat.h>

#include <cstddef>
#include <string>

#include "sse/journal/redis_connection.h"

#include "support/catch.h"
#include "support/temporary_directory.h"
#include "support/tls_material.h"
#include "support/tls_redis.h"

namespace sse::test {

inline constexpr char kTlsNames[] = "DNS:localhost,IP:127.0.0.1";
inline constexpr char kPing[] = "*1\r\n$4\r\nPING\r\n";
inline constexpr std::size_t kPingSize = sizeof kPing - 1;

/// An authority, what it has signed for Redis and for a hub, and the files of that.
class Trust {
 public:
  Trust() { write("authorities", authority_.certificate()); }

  const Authority& authority() const { return authority_; }
  TlsIdentity redis(const std::string& names = kTlsNames) const {
    return authority_.issue({.name = "redis", .alternatives = names});
  }

  std::string write(const std::string& name, const std::string& text) const {
    std::string path = directory_.file(name);
    write_text(path, text);
    REQUIRE(::chmod(path.c_str(), S_IRUSR | S_IWUSR) == 0);
    return path;
  }
  journal::RedisTlsFiles files() const { return {directory_.file("authorities"), {}, {}}; }
  journal::RedisTlsFiles files_with(const TlsIdentity& identity) const {
    return {directory_.file("authorities"), write("hub.pem", identity.certificate),
            write("hub.key", identity.key)};
  }

 private:
  const Authority authority_;
  const TemporaryDirectory directory_;
};

inline Result<journal::RedisConnection> open(const TlsRedis& redis,
                                             const journal::RedisTlsFiles& files,
                                             const std::string& host = "127.0.0.1",
                                             const journal::RedisPatience& patience = {}) {
  return journal::RedisConnection::open({host, redis.port()}, patience, files);
}

inline void pong(TlsEnd& end) {
  if (!end.shake_hands()) return;
  if (end.read(kPingSize) == kPing) end.write("+PONG\r\n");
}

}  // namespace sse::test
