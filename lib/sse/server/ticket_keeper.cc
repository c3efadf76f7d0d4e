#include "sse/server/ticket_keeper.h"

#include <poll.h>

#include <array>
#include <cstddef>
#include <utility>

#include "sse/base/file_replacement.h"
#include "sse/base/logging.h"
#include "sse/gate/ticket_text.h"

namespace sse::server {
namespace {

// Far beyond --max-tickets with 64 grants each; a file of another kind is not read into memory.
constexpr std::size_t kMostBytes = std::size_t{64} << 20U;

}  // namespace

TicketKeeper::TicketKeeper(std::string path, gate::Tickets& tickets, const Clock& clock)
    : path_(std::move(path)), tickets_(tickets), clock_(clock) {
  tickets_.on_change([this] { note_change(); });
}

void TicketKeeper::note_change() {
  if (!is_dirty_.exchange(true)) changed_.wake();
}

TicketKeeper::~TicketKeeper() {
  stop();
}

void TicketKeeper::load() {
  const auto text = read_regular_file(path_, kMostBytes);
  if (!text) return log_line(LogLevel::kWarning, "no tickets: " + text.error().text);
  if (!*text) return;
  const Now now = clock_.now();
  auto kept = gate::read_tickets(**text, now);
  if (!kept) {
    return log_line(LogLevel::kWarning, "no tickets: " + path_ + ": " + kept.error().text);
  }
  tickets_.load(*std::move(kept), now.boot);
}

void TicketKeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void TicketKeeper::stop() {
  if (!thread_.joinable()) return;
  stopped_.wake();
  thread_.join();
}

void TicketKeeper::run() {
  std::array<pollfd, 2> fds{{{stopped_.get(), POLLIN, 0}, {changed_.get(), POLLIN, 0}}};
  for (;;) {
    ::poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) {
      changed_.take();
      write();
    }
    if (fds[0].revents == 0) ::poll(fds.data(), 1, static_cast<int>(kPause.count()));
    if (fds[0].revents != 0) break;
  }
  write();
}

void TicketKeeper::hold(bool is_held) {
  const MutexLock lock(writing_);
  is_held_ = is_held;
  if (!is_held) changed_.wake();
}

void TicketKeeper::write() {
  const MutexLock lock(writing_);
  if (!is_held_) write_held();
}

void TicketKeeper::write_held() {
  // Before the tickets are read: a change in the meantime is written the next time.
  if (!is_dirty_.exchange(false)) return;
  const Now now = clock_.now();
  FileCalls calls;
  const auto written = replace_file({FileTarget::Kind::kFile, path_},
                                    text_of(tickets_.kept(now.boot), now), {}, calls);
  if (!written) {
    is_dirty_ = true;
    if (!has_failed_) log_line(LogLevel::kError, "tickets are not kept: " + written.error().text);
  }
  has_failed_ = !written;
}

}  // namespace sse::server
