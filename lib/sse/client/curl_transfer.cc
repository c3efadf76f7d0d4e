#include "sse/client/curl_transfer.h"

#include <signal.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <curl/curl.h>
#include <net/if.h>
#include <pthread.h>

#include "sse/base/escape.h"
#include "sse/base/logging.h"
#include "sse/client/curl_errors.h"
#include "sse/client/curl_poller.h"
#include "sse/client/curl_settings.h"
#include "sse/client/curl_tls_errors.h"
#include "sse/client/head_reader.h"
#include "sse/client/proxy_rules.h"

namespace sse::client {
namespace {

/// Bytes that wait to be taken before the connection is read no further.
constexpr std::size_t kMaxWaiting = std::size_t{1} << 20U;

/// Bytes of the body that carry no content: chunk sizes, their extensions. A server that sends them
/// without end looks silent, and would be read for ever.
constexpr std::size_t kMaxFraming = std::size_t{256} << 10U;

/// Blocks all signals: libcurl's resolver thread inherits the mask, and signals are for ours.
class SignalBlock {
 public:
  SignalBlock() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

bool is_known_zone(const std::string& zone) {
  const bool is_number = zone.find_first_not_of("0123456789") == zone.npos;
  return zone.empty() || is_number || ::if_nametoindex(zone.c_str()) != 0;
}

}  // namespace

/// What libcurl's callbacks see. It keeps their address, so this is never moved.
class CurlTransfer::Impl {
 public:
  explicit Impl(HttpSettings settings) : settings_(std::move(settings)), easy_(curl_easy_init()) {}

  ~Impl() {
    stop();
    if (easy_ != nullptr) curl_easy_cleanup(easy_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start(StreamRequest request) {
    stop();
    state_.emplace(std::move(request), settings_);
    State& now = *state_;
    poller_.prepare();
    if (poller_.os_error() != 0 || easy_ == nullptr) {
      TransferFailure failure;
      failure.code = CURLE_COULDNT_CONNECT;
      failure.os_error = poller_.os_error() == 0 ? ENOMEM : poller_.os_error();
      end(end_of(now.request.url, failure));
      return;
    }
    now.proxy = proxy_for(now.request.url, settings_.proxy, variable);
    if (!is_known_zone(now.request.url.zone())) {
      end({ExchangeEnd::Kind::kUnresolved,
           "there is no network interface " + sse::quoted(now.request.url.zone())});
      return;
    }
    curl_easy_reset(easy_);
    apply_settings(easy_, now.request, settings_, now.proxy, now.sockets);
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(now.lines.list()));
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, now.curl_text.data());
    set_callbacks();
    if (!is_kept_) log_lookup(now);
    curl_multi_add_handle(poller_.multi(), easy_);
    is_running_ = true;
    is_kept_ = false;
  }

  int fd() const { return poller_.fd(); }

  Arrived take() {
    Arrived arrived;
    if (!state_) return arrived;
    State& now = *state_;
    now.taken.clear();
    if (std::exchange(now.is_paused, false)) curl_easy_pause(easy_, CURLPAUSE_CONT);
    if (is_running_) drive();
    now.taken.swap(now.waiting);
    arrived.bytes = now.taken;
    if (now.reader.is_complete() && !std::exchange(now.is_head_taken, true)) {
      arrived.head = &now.reader.head();
    }
    if (!now.is_paused) arrived.end = now.end;
    poller_.set(now.is_paused || now.end ? CurlPoller::Flag::kRaised : CurlPoller::Flag::kLowered);
    return arrived;
  }

  bool is_sent() const { return state_ && state_->stage != TransferStage::kConnecting; }

 private:
  struct State {
    State(StreamRequest sent, const HttpSettings& settings)
        : request(std::move(sent)), lines(request, settings) {}

    const StreamRequest request;
    const HeaderLines lines;
    std::string proxy;
    SocketNotes sockets;
    HeadReader reader;
    std::string head_error;
    std::array<char, CURL_ERROR_SIZE> curl_text{};
    TransferStage stage = TransferStage::kConnecting;
    bool has_line = false;       // of a head
    bool is_tls_record = false;  // what came instead of one
    std::size_t framing = 0;     // bytes since the last one of content
    std::string waiting;
    std::string taken;
    bool is_paused = false;
    bool is_head_taken = false;
    std::optional<ExchangeEnd> end;
  };

  void set_callbacks() {
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &on_header);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &on_connected);
    curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
    curl_easy_setopt(easy_, CURLOPT_DEBUGFUNCTION, &on_debug);  // sees every byte that comes
    curl_easy_setopt(easy_, CURLOPT_DEBUGDATA, this);
    curl_easy_setopt(easy_, CURLOPT_VERBOSE, 1L);
  }

  static void log_lookup(const State& now) {
    const Endpoint& url = now.request.url;
    const bool is_name = url.socket_path().empty() && url.host().find(':') == url.host().npos &&
                         url.host().find_first_not_of("0123456789.") != url.host().npos;
    if (!now.proxy.empty()) {
      log_line(LogLevel::kInfo, "connecting through the proxy " + shown_proxy(now.proxy));
    } else if (is_name) {
      log_line(LogLevel::kInfo, "looking up " + sse::quoted(url.host()));
    }
  }

  void drive() {
    if (state_->stage == TransferStage::kConnecting) {
      const SignalBlock block;
      poller_.drive();
    } else {
      poller_.drive();
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(poller_.multi(), &left)) {
      if (message->msg == CURLMSG_DONE && !state_->end) note_end(message->data.result);
    }
    if (poller_.os_error() != 0 && !state_->end) {
      state_->sockets.os_error = poller_.os_error();
      const bool is_connecting = state_->stage == TransferStage::kConnecting;
      note_end(is_connecting ? CURLE_COULDNT_CONNECT : CURLE_RECV_ERROR);
    }
    if (!state_->end && !state_->is_paused && state_->framing > kMaxFraming) {
      end(unreadable(state_->request.url, state_->stage, "its chunk extensions have no end"));
    }
  }

  void note_end(CURLcode code) {
    const State& now = *state_;
    const bool is_whole = code == CURLE_OK && now.reader.is_complete();
    if (is_whole) {
      is_kept_ = true;
      end({ExchangeEnd::Kind::kClosed, now.request.url.origin() + " ended the stream"});
      return;
    }
    TransferFailure failure;
    failure.code = code;
    failure.stage = now.stage;
    failure.curl_text = now.curl_text.data();
    failure.head_error = now.head_error;
    failure.has_certificate = !settings_.tls.certificate.empty();
    failure.is_tls_record = now.is_tls_record;
    const std::string proxy = shown_proxy(now.proxy);
    failure.proxy = proxy;
    long os_error = 0;
    curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
    failure.os_error =
        now.sockets.os_error != 0 ? now.sockets.os_error : static_cast<int>(os_error);
    curl_easy_getinfo(easy_, CURLINFO_HTTP_CONNECTCODE, &failure.proxy_status);
    end(end_of(now.request.url, failure));
  }

  void end(ExchangeEnd why) {
    remove();
    state_->end = std::move(why);
    poller_.set(CurlPoller::Flag::kRaised);
  }

  void remove() {
    if (std::exchange(is_running_, false)) curl_multi_remove_handle(poller_.multi(), easy_);
  }

  void stop() {
    remove();
    state_.reset();
    poller_.set(CurlPoller::Flag::kLowered);
  }

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    State& now = *static_cast<Impl*>(self)->state_;
    const std::size_t length = size * count;
    now.has_line = true;
    if (auto status = now.reader.push({bytes, length}); !status) {
      now.head_error = status.error().text;
      return 0;  // ends the transfer
    }
    if (now.reader.is_complete()) now.stage = TransferStage::kHead;
    return length;
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    State& now = *static_cast<Impl*>(self)->state_;
    if (!now.reader.is_complete()) {  // not HTTP, or libcurl and HeadReader disagree
      now.is_tls_record = !now.has_line && is_tls_record({bytes, size * count});
      now.head_error = now.has_line ? "its head has no end" : "it is not HTTP";
      return 0;
    }
    if (now.waiting.size() >= kMaxWaiting) {
      now.is_paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    now.framing = 0;
    now.waiting.append(bytes, size * count);
    return size * count;
  }

  /// libcurl sends a request again when a kept connection turns out to be closed. Whether the
  /// server has acted upon it is unknown then, so that is for the caller to decide.
  static int on_connected(void* self, char* /*address*/, char* /*own*/, int /*port*/,
                          int /*own_port*/) {
    State& now = *static_cast<Impl*>(self)->state_;
    if (now.stage != TransferStage::kConnecting) return CURL_PREREQFUNC_ABORT;
    now.stage = TransferStage::kSent;
    if (now.sockets.has_opened) log_line(LogLevel::kInfo, "waiting for the response");
    return CURL_PREREQFUNC_OK;
  }

  static int on_debug(CURL* /*easy*/, curl_infotype type, char* /*bytes*/, std::size_t size,
                      void* self) {
    if (type == CURLINFO_DATA_IN) static_cast<Impl*>(self)->state_->framing += size;
    return 0;
  }

  const HttpSettings settings_;
  CurlPoller poller_;
  CURL* const easy_;
  bool is_running_ = false;
  bool is_kept_ = false;  // a connection, perhaps: the last response was whole
  std::optional<State> state_;
};

CurlTransfer::CurlTransfer(HttpSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {
}

CurlTransfer::~CurlTransfer() = default;

void CurlTransfer::start(StreamRequest request) {
  impl_->start(std::move(request));
}

int CurlTransfer::ready_fd() const {
  return impl_->fd();
}

Exchange::Arrived CurlTransfer::take() {
  return impl_->take();
}

bool CurlTransfer::is_sent() const {
  return impl_->is_sent();
}

}  // namespace sse::client
