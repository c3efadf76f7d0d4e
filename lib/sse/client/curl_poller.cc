#include "sse/client/curl_poller.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include <curl/curl.h>

// CURLOPT_QUICK_EXIT: without it a stop waits for a name that resolves slowly.
#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed"
#endif

namespace sse::client {
namespace {

/// curl_global_init() takes half a millisecond, so only a program that makes a request pays for it.
void* make_multi() {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(initialized);
  return curl_multi_init();
}

int on_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* poller, void* /*socket_data*/) {
  static_cast<CurlPoller*>(poller)->watch(socket, what);
  return 0;
}

int on_timer(CURLM* /*multi*/, long milliseconds, void* poller) {
  static_cast<CurlPoller*>(poller)->set_timer(milliseconds);
  return 0;
}

int actions_of(std::uint32_t events) {
  int actions = 0;
  if ((events & (EPOLLIN | EPOLLHUP)) != 0) actions |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) actions |= CURL_CSELECT_OUT;
  if ((events & EPOLLERR) != 0) actions |= CURL_CSELECT_ERR;
  return actions;
}

/// In place of what was waited for before.
bool wait_for(int epoll, int fd, std::uint32_t events) {
  epoll_event event{events, {.fd = fd}};
  return ::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0 ||
         ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

CurlPoller::CurlPoller()
    : multi_(make_multi()),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (multi_ == nullptr || !epoll_.is_open() || !timer_.is_open() || !flag_.is_open()) {
    os_error_ = errno == 0 ? ENOMEM : errno;
    return;
  }
  is_made_ = true;
  watch_ours();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlPoller::~CurlPoller() {
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
}

/// What is not waited for would be waited for without end: everything fails then.
void CurlPoller::note(bool is_done) {
  if (!is_done && os_error_ == 0) os_error_ = errno;
}

void CurlPoller::watch_ours() {
  for (const int fd : {timer_.get(), flag_.get()}) note(wait_for(epoll_.get(), fd, EPOLLIN));
}

void CurlPoller::prepare() {
  if (os_error_ == 0 || !is_made_) return;
  os_error_ = 0;
  watch_ours();
}

void CurlPoller::watch(int socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    return;
  }
  std::uint32_t events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
  note(wait_for(epoll_.get(), socket, events));
}

void CurlPoller::set_timer(long milliseconds) {
  itimerspec time{};
  if (milliseconds > 0) {
    time.it_value.tv_sec = milliseconds / 1000;
    time.it_value.tv_nsec = milliseconds % 1000 * 1'000'000;
  } else if (milliseconds == 0) {
    time.it_value.tv_nsec = 1;  // at once; zero would disarm it
  }
  note(::timerfd_settime(timer_.get(), 0, &time, nullptr) == 0);
}

void CurlPoller::drive() {
  std::array<epoll_event, 8> ready;
  const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), 0);
  int running = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<std::size_t>(i)];
    if (event.data.fd == flag_.get()) continue;
    if (event.data.fd == timer_.get()) {
      std::uint64_t expirations = 0;
      [[maybe_unused]] const auto size = ::read(timer_.get(), &expirations, sizeof expirations);
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    } else {
      curl_multi_socket_action(multi_, event.data.fd, actions_of(event.events), &running);
    }
  }
}

void CurlPoller::set(Flag flag) {
  if (flag == flag_state_) return;
  flag_state_ = flag;
  if (flag == Flag::kLowered) {
    flag_.take();
  } else {
    flag_.wake();
  }
}

}  // namespace sse::client
