// sse-pub: publishes metrics, readings and events to a hub.

#include <csignal>
#include <exception>
#include <iostream>

#include "sse/base/logging.h"

#include "commands.h"
#include "lines.h"
#include "options.h"

namespace sse::pub {
namespace {

/// Ends a pause between two tries when a stop signal has come.
class StopWaiter final : public client::Waiter {
 public:
  StopWaiter(const Clock& clock, const cli::StopSignals& signals)
      : waiter_(clock), signals_(signals) {}

  Woke wait(int /*fd*/, std::optional<BootTime> deadline) override {
    const Woke woke = waiter_.wait(signals_.fd(), deadline);
    return woke == Woke::kReady ? Woke::kInterrupted : woke;
  }

 private:
  client::PollWaiter waiter_;
  const cli::StopSignals& signals_;
};

cli::ExitCode publish(const Options& options, const cli::StopSignals& signals) {
  const LogSession logging(options.messages.log_options("sse-pub"));
  auto hub = client::Endpoint::parse(options.url);
  if (!hub) {
    log_line(LogLevel::kError, hub.error().text);
    return cli::ExitCode::kUsage;
  }
  const SystemClock clock;
  SystemRandom random;
  StopWaiter waiter(clock, signals);
  client::PublishingClient::Options settings;
  settings.connection.hub = std::move(*hub);
  settings.connection.headers = options.fields;
  settings.retries = options.retries;
  settings.timeout = options.timeout;
  client::PublishingClient client(settings, clock, waiter, random);
  const Session session{options, client, signals, clock};
  return options.lines ? LinePublisher(session).run() : publish_one(session);
}

int run(int argc, char** argv) {
  const auto read = read_options(argc, argv);
  if (const auto* exit = std::get_if<cli::ExitCode>(&read)) return status(*exit);
  std::signal(SIGPIPE, SIG_IGN);  // a broken stdout is noticed where it is written
  const cli::StopSignals signals;
  const auto code = publish(std::get<Options>(read), signals);
  if (signals.received() != 0) cli::die_by_signal(signals.received());
  return status(code);
}

}  // namespace
}  // namespace sse::pub

int main(int argc, char** argv) {
  try {
    return sse::pub::run(argc, argv);
  } catch (const std::exception& failure) {
    std::cerr << "sse-pub: internal error: " << failure.what() << "\n";
    return status(sse::cli::ExitCode::kInternal);
  }
}
