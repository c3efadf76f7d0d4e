#include "sse/server/credential_watch.h"

#include <poll.h>

#include <array>
#include <utility>

#include "sse/base/logging.h"

namespace sse::server {

CredentialWatch::CredentialWatch(auth::CredentialFiles files, Apply apply)
    : files_(std::move(files)), apply_(std::move(apply)) {
}

CredentialWatch::~CredentialWatch() {
  stop();
}

void CredentialWatch::start() {
  thread_ = std::thread([this] { run(); });
}

void CredentialWatch::stop() {
  stopped_.wake();
  if (thread_.joinable()) thread_.join();
}

void CredentialWatch::run() {
  constexpr int kMilliseconds =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(kInterval).count());
  std::array<pollfd, 2> fds{{{asked_.get(), POLLIN, 0}, {stopped_.get(), POLLIN, 0}}};
  for (;;) {
    const int ready = ::poll(fds.data(), fds.size(), kMilliseconds);
    if (fds[1].revents != 0) return;
    const bool is_asked = ready > 0 && fds[0].revents != 0;
    if (is_asked) asked_.take();
    if (is_asked || files_.have_changed()) reload();
  }
}

void CredentialWatch::reload() {
  auto loaded = files_.load();
  if (!loaded) {
    failures_.fetch_add(1);
    log_line(LogLevel::kError,
             "credentials were not read again, those before still count: " + loaded.error().text);
    return;
  }
  for (const auto& remark : loaded->remarks) log_line(LogLevel::kWarning, remark);
  reloads_.fetch_add(1);
  apply_(std::move(loaded->credentials));
  log_line(LogLevel::kInfo, "credentials were read again");
}

}  // namespace sse::server
