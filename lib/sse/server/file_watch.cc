#include "sse/server/file_watch.h"

#include <poll.h>

#include <array>
#include <utility>

#include "sse/base/logging.h"

namespace sse::server {

FileWatch::~FileWatch() {
  stop();
}

std::size_t FileWatch::add(WatchedFiles files) {
  watched_.push_back(std::make_unique<Watched>());
  watched_.back()->files = std::move(files);
  return watched_.size() - 1;
}

void FileWatch::start() {
  thread_ = std::thread([this] { run(); });
}

void FileWatch::stop() {
  stopped_.wake();
  if (thread_.joinable()) thread_.join();
}

ReloadCounts FileWatch::counts_of(std::size_t number) const {
  const Watched& watched = *watched_[number];
  return {watched.reloads.load(), watched.failures.load()};
}

void FileWatch::run() {
  constexpr int kMilliseconds =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(kInterval).count());
  std::array<pollfd, 2> fds{{{asked_.get(), POLLIN, 0}, {stopped_.get(), POLLIN, 0}}};
  for (;;) {
    const int ready = ::poll(fds.data(), fds.size(), kMilliseconds);
    if (fds[1].revents != 0) return;
    const bool is_asked = ready > 0 && fds[0].revents != 0;
    if (is_asked) asked_.take();
    look(is_asked);
  }
}

void FileWatch::look(bool is_asked) {
  for (const auto& watched : watched_) {
    const bool is_new = is_asked || watched->files.have_changed();
    if (is_new || !watched->failure.empty()) reload(*watched, is_new);
  }
}

void FileWatch::reload(Watched& watched, bool is_new) {
  const auto done = watched.files.reload();
  const std::string failure = done ? "" : done.error().text;
  const bool is_same = std::exchange(watched.failure, failure) == failure;
  if (!done) {
    if (is_same && !is_new) return;
    watched.failures.fetch_add(1);
    log_line(LogLevel::kError,
             watched.files.what + " were not read again, those before still count: " + failure);
    return;
  }
  for (const auto& remark : *done) log_line(LogLevel::kWarning, remark);
  watched.reloads.fetch_add(1);
  log_line(LogLevel::kInfo, watched.files.what + " were read again");
}

}  // namespace sse::server
