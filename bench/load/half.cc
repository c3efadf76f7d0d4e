#include <sys/socket.h>

#include <cerrno>
#include <thread>
#include <vector>

#include "channel.h"
#include "descriptors.h"
#include "modes.h"
#include "request.h"
#include "tls_channel.h"

namespace sse::bench {
namespace {

/// Connections of which the server has closed none: each still waits for an answer.
std::size_t count_ended(const std::vector<UniqueFd>& peers) {
  std::size_t ended = 0;
  for (const auto& peer : peers) {
    char byte = 0;
    const auto size = ::recv(peer.get(), &byte, 1, MSG_DONTWAIT);
    if (size >= 0 || errno != EAGAIN) ++ended;
  }
  return ended;
}

}  // namespace

cli::ExitCode run_half(const Options& options, Report& report) {
  if (auto allowed = allow_descriptors(options.streams + 2); !allowed)
    return refuse(allowed.error());
  Target target(options.target);
  const std::string whole = options.transport.tls ? TlsClients("http/1.1").hello()
                                                  : target.watch_request(0, false).text();
  const std::string_view half = std::string_view(whole).substr(0, whole.size() / 2);
  // The first stream has what the server makes once. The other one is accepted behind all that have
  // sent half.
  const TicketBook book(0);
  StreamSet first(target, book, 1, options.transport);
  StreamSet last(target, book, 1, options.transport);
  if (auto opened = first.open(false, 0); !opened) return refuse(opened.error());
  const auto before = use_of(options);
  std::vector<UniqueFd> peers;
  for (std::size_t i = 0; i < options.streams; ++i) {
    peers.push_back(connect_from(i, target.port()));
    if (!peers.back().is_open() || !send_all(peers.back().get(), half)) {
      return refuse(Error{ErrorCode::kUnavailable, "connection " + std::to_string(i) + " broke"});
    }
  }
  if (auto opened = last.open(false, 0); !opened) return refuse(opened.error());
  std::this_thread::sleep_for(options.settle);
  const auto after = use_of(options);
  const auto ended = count_ended(peers);
  report.add("connections", peers.size());
  report.add("sent_bytes_each", half.size());
  report.add("ended", ended, "connections");
  if (before && after) {
    const auto grown =
        static_cast<double>(after->rss_bytes) - static_cast<double>(before->rss_bytes);
    report.add("bytes_per_connection", grown / static_cast<double>(peers.size()), "of server RSS");
  }
  return ended == 0 ? cli::ExitCode::kDone : cli::ExitCode::kNotAsWanted;
}

}  // namespace sse::bench
