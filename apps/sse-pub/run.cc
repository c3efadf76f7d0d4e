#include "run.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>
#include <thread>

#include "sse/base/unique_fd.h"
#include "sse/base/uuid.h"
#include "sse/json/string.h"

#include "cli/child.h"
#include "cli/request_headers.h"
#include "output_tail.h"

namespace sse::pub {
namespace {

using client::PublishError;
using Events = std::vector<client::NewEvent>;
using Published = client::Published<std::vector<client::ItemResult>>;

/// The signals that are sent to this process and meant for the command.
constexpr std::array kForwarded{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

/// Takes those signals out of their usual way and into a descriptor, but for those that our parent
/// has us ignore: the command ignores them too. Made before any thread.
class SignalsInHand {
 public:
  SignalsInHand() {
    sigemptyset(&taken_);
    for (const int signal : kForwarded) {
      struct sigaction before {};
      if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
      sigaddset(&taken_, signal);
    }
    fd_.reset(::signalfd(-1, &taken_, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_.is_open()) {
      throw std::system_error(errno, std::generic_category(), "cannot make a signalfd");
    }
    ::pthread_sigmask(SIG_BLOCK, &taken_, nullptr);
  }

  int fd() const { return fd_.get(); }

  /// Hands on what has come; the terminal has sent its own signals to the command as well.
  void forward_to(const cli::Child& child) const {
    signalfd_siginfo taken{};
    while (::read(fd_.get(), &taken, sizeof taken) == ssize_t{sizeof taken}) {
      if (taken.ssi_code != SI_KERNEL) child.send(static_cast<int>(taken.ssi_signo));
    }
  }

  /// From here on they end this process, as usual.
  void give_back() const { ::pthread_sigmask(SIG_UNBLOCK, &taken_, nullptr); }

 private:
  sigset_t taken_{};
  UniqueFd fd_;
};

/// Pauses between two tries, but not beyond the command's end: then everything goes out together.
class UntilEnded final : public client::Waiter {
 public:
  UntilEnded(const Clock& clock, int ended_fd) : waiter_(clock), ended_fd_(ended_fd) {}

  Woke wait(int /*fd*/, std::optional<BootTime> deadline) override {
    const Woke woke = waiter_.wait(ended_fd_, deadline);
    return woke == Woke::kReady ? Woke::kInterrupted : woke;
  }

 private:
  client::PollWaiter waiter_;
  const int ended_fd_;
};

/// With milliseconds, and no more digits than needed.
std::string in_seconds(std::chrono::nanoseconds took) {
  const auto whole = std::chrono::round<std::chrono::milliseconds>(took);
  std::array<char, 32> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(),
                    std::chrono::duration<double>(whole).count(), std::chars_format::fixed);
  return std::string(digits.data(), end.ptr);
}

/// How the command ended.
struct Ending {
  int status = 0;  ///< as a shell has it: 128 + signal
  int signal = 0;
};

/// What tells this run from others: `,"run":"...","host":"..."`.
std::string run_members(WallTime now) {
  SystemRandom random;
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host.front() = '\0';
  std::string json = ",\"run\":\"" + to_string(make_uuid_v7(now, random)) + "\",\"host\":";
  json::append_string(json, host.data());
  return json;
}

class Run {
 public:
  Run(const Options& options, const client::PublishingClient::Options& settings, const Clock& clock)
      : options_(options),
        settings_(settings),
        clock_(clock),
        started_at_(clock.now().boot),
        head_(argv_member(options.argv) + run_members(clock.now().wall)),
        started_{kRunStarted, options.topic, head_ + "}"} {}

  Ending run(const SignalsInHand& signals) {
    cli::ChildCommand command;
    command.argv = options_.argv;
    auto started = open_tail(command);
    auto child = started ? cli::Child::start(command) : Result<cli::Child>(started.error());
    if (!child) {
      log_line(LogLevel::kError, child.error().text);
      tail_.reset();
      const Ending ending{status(cli::exit_code_of_start(child.error())), 0};
      signals.give_back();
      if (!is_conditional()) {
        publish_rest({started_, finished(ending)});
      } else if (is_worth_it(ending)) {
        publish_rest({finished(ending)});
      }
      return ending;
    }
    if (tail_) tail_->hand_over();
    return watch(*child, signals);
  }

 private:
  Status open_tail(cli::ChildCommand& command) {
    if (!options_.tail) return {};
    tail_ = SSE_TRY(OutputTail::open(*options_.tail));
    command.stdout_fd = tail_->stdout_of_command();
    command.stderr_fd = tail_->stderr_of_command();
    return {};
  }

  Ending watch(cli::Child& child, const SignalsInHand& signals) {
    Published announced = PublishError{};
    std::thread announcing;
    if (!is_conditional()) {
      announcing = std::thread([&] { announced = announce(child.ended_fd()); });
    }
    while (!child.reap()) {
      std::array<pollfd, 2> polled{{{child.ended_fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
      ::poll(polled.data(), polled.size(), -1);
      signals.forward_to(child);
    }
    const Ending ending{child.wait(), child.ending_signal()};
    signals.give_back();  // output may have to wait for its reader
    const client::NewEvent last = finished(ending);
    if (announcing.joinable()) {
      announcing.join();
      publish_rest(is_still_to_send(announced) ? Events{started_, last} : Events{last});
    } else if (is_worth_it(ending)) {
      publish_rest({last});
    }
    return ending;
  }

  /// Whether only what is worth it is published: then nothing is said at the start.
  bool is_conditional() const { return options_.on_failure || options_.longer_than; }

  bool is_worth_it(const Ending& ending) const {
    const bool is_long =
        options_.longer_than && clock_.now().boot - started_at_ >= *options_.longer_than;
    return is_long || (options_.on_failure && ending.status != 0);
  }

  Published announce(int ended_fd) const {
    UntilEnded waiter(clock_, ended_fd);
    return publish(Events{started_}, waiter);
  }

  /// Whatever happens here, the command runs on and its status is passed on.
  Published publish(const Events& events, client::Waiter& waiter) const {
    SystemRandom random;
    try {
      return client::PublishingClient(settings_, clock_, waiter, random).publish(events);
    } catch (const std::exception& failure) {  // no memory, no thread
      return PublishError{PublishError::Kind::kUnavailable, failure.what()};
    }
  }

  /// Whether run.started certainly was not published, and may be yet.
  static bool is_still_to_send(const Published& announced) {
    using Kind = PublishError::Kind;
    if (announced) {
      if (!announced->front().is_accepted()) not_published(kRunStarted, announced->front().error);
      return false;
    }
    switch (announced.error().kind) {
      case Kind::kUnresolved:
      case Kind::kUnavailable:
      case Kind::kBusy:
      case Kind::kInterrupted:
        return true;
      default:
        not_published(kRunStarted, announced.error().text);
        return false;
    }
  }

  client::NewEvent finished(const Ending& ending) {
    std::string data = head_ + (ending.status == 0 ? ",\"ok\":true" : ",\"ok\":false");
    data += ",\"exit\":" + std::to_string(ending.status);
    if (ending.signal != 0) data += ",\"signal\":" + std::to_string(ending.signal);
    data += ",\"seconds\":" + in_seconds(clock_.now().boot - started_at_);
    if (tail_) data += ",\"tail\":" + tail_->finish();
    data += "}";
    return {kRunFinished, options_.topic, std::move(data)};
  }

  void publish_rest(const Events& events) const {
    client::PollWaiter waiter(clock_);
    const Published results = publish(events, waiter);
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (results && (*results)[i].is_accepted()) continue;
      const std::string& why = results ? (*results)[i].error : results.error().text;
      not_published(events[i].type, why);
    }
  }

  static void not_published(const std::string& type, const std::string& why) {
    log_line(LogLevel::kWarning, type + " not published: " + why);
  }

  const Options& options_;
  const client::PublishingClient::Options& settings_;
  const Clock& clock_;
  const BootTime started_at_;
  const std::string head_;  // of both events, an object that is still open
  const client::NewEvent started_;
  std::unique_ptr<OutputTail> tail_;
};

}  // namespace

std::string argv_member(const std::vector<std::string>& argv) {
  std::string json = "{\"argv\":[";
  for (const std::string& word : argv) {
    if (json.back() != '[') json += ',';
    json::append_string(json, word);
  }
  return json + "]";
}

int run_command(const Options& options, const client::PublishingClient::Options& settings,
                const Clock& clock) {
  const SignalsInHand signals;
  Ending ending;
  {
    const LogSession logging(options.messages.log_options("sse-pub"));
    cli::warn_of_plain_token(settings.connection.hub, options.fields);
    ending = Run(options, settings, clock).run(signals);
  }
  if (ending.signal != 0) cli::die_by_signal(ending.signal);
  return ending.status;
}

}  // namespace sse::pub
