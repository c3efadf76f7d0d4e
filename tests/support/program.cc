#include "support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "support/catch.h"
#include "support/http2_relay.h"
#include "support/tls_relay.h"

namespace sse::test {
namespace {

struct Pipe {
  Pipe() {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    read_end.reset(fds[0]);
    write_end.reset(fds[1]);
  }
  UniqueFd read_end;
  UniqueFd write_end;
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> base_environment() {
  std::vector<std::string> environment{"XDG_CONFIG_HOME=/dev/null"};  // not a user's settings
  for (const auto* name :
       {"PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

// Appends what a descriptor has; closes it at its end.
void drain(UniqueFd& fd, std::string& into) {
  std::array<char, 65536> buffer;
  const auto bytes = ::read(fd.get(), buffer.data(), buffer.size());
  if (bytes > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(bytes));
  } else if (bytes == 0 || errno != EAGAIN) {
    fd.reset();
  }
}

}  // namespace

void wait_until(const std::function<bool()>& condition, const std::string& what) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("waited in vain: " << what);
    ::poll(nullptr, 0, 2);
  }
}

std::string program_path(const std::string& name) {
  const std::string path = std::string(SSE_PROGRAM_DIR) + "/" + name;
  return ::access(path.c_str(), X_OK) == 0 ? path : name;
}

Program::Program(const std::vector<std::string>& arguments, const Options& options) {
  std::vector<std::string> words = arguments;
  words[0] = program_path(words[0]);
  std::vector<std::string> environment = options.environment;
  for (auto& variable : base_environment()) {
    const std::string name = variable.substr(0, variable.find('=') + 1);
    const bool is_given = std::any_of(environment.begin(), environment.end(),
                                      [&](const auto& given) { return given.starts_with(name); });
    if (!is_given) environment.push_back(std::move(variable));
  }
  // Everything is prepared before fork(): the child may only make async-signal-safe calls.
  const auto argv = pointers_to(words);
  const auto envp = pointers_to(environment);
  Pipe in;
  Pipe out;
  Pipe err;
  const UniqueFd nowhere(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  pid_ = ::fork();
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    ::dup2(options.stdin_pipe ? in.read_end.get() : nowhere.get(), 0);
    ::dup2(out.write_end.get(), 1);
    ::dup2(err.write_end.get(), 2);
    if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
    ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  if (options.stdin_pipe) stdin_ = std::move(in.write_end);
  stdout_ = std::move(out.read_end);
  stderr_ = std::move(err.read_end);
  ::fcntl(stdout_.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(stderr_.get(), F_SETFL, O_NONBLOCK);
}

Program::~Program() {
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const {
  ::kill(pid_, number);
}

void Program::write_stdin(const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const auto bytes = ::write(stdin_.get(), text.data() + written, text.size() - written);
    REQUIRE(bytes > 0);
    written += static_cast<std::size_t>(bytes);
  }
}

void Program::collect(int patience_ms) {
  std::array<pollfd, 2> fds{{{stdout_.get(), POLLIN, 0}, {stderr_.get(), POLLIN, 0}}};
  if (::poll(fds.data(), fds.size(), patience_ms) <= 0) return;
  if (fds[0].revents != 0) drain(stdout_, out_);
  if (fds[1].revents != 0) drain(stderr_, err_);
}

const std::string& Program::out() {
  collect(0);
  return out_;
}

const std::string& Program::err() {
  collect(0);
  return err_;
}

void Program::wait_for_out(const std::string& text) {
  wait_until([&] { return out().find(text) != std::string::npos; },
             "stdout to hold " + text + "; stderr: " + err());
}

void Program::wait_for_err(const std::string& text) {
  wait_until([&] { return err().find(text) != std::string::npos; }, "stderr to hold " + text);
}

bool Program::has_ended() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return ended_;
}

int Program::wait() {
  wait_until(
      [&] {
        collect(1);
        return has_ended();
      },
      "the program to end; stderr: " + err());
  while (stdout_.is_open() || stderr_.is_open()) {
    const auto before = out_.size() + err_.size();
    collect(0);
    // A grandchild may keep the pipe open: what is there now is all there is from the program.
    if (out_.size() + err_.size() == before) break;
  }
  return WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
}

namespace {

std::vector<std::string> serve_arguments(std::vector<std::string> options,
                                         const TlsTestFiles* tls) {
  std::vector<std::string> arguments{"sse-serve", "--bind",     "127.0.0.1", "--port",
                                     "0",         "--ready-fd", "1"};
  if (wants_http2() && tls == nullptr) arguments.emplace_back("--h2c");
  if (tls != nullptr) {
    const auto more = tls->options();
    arguments.insert(arguments.end(), more.begin(), more.end());
  }
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

}  // namespace

HubProgram::HubProgram(std::vector<std::string> options)
    : tls_files_(wants_tls() ? std::make_unique<TlsTestFiles>() : nullptr),
      program_(serve_arguments(std::move(options), tls_files_.get())) {
  // The ready line is the port.
  program_.wait_for_out("\n");
  port_ = static_cast<std::uint16_t>(std::stoi(program_.out()));
  if (wants_http2()) {
    const auto over = tls_files_ == nullptr ? Http2Relay::Over::kPlain : Http2Relay::Over::kTls;
    http2_relay_ = std::make_unique<Http2Relay>(port_, over);
    port_ = http2_relay_->port();
    return;
  }
  if (tls_files_ == nullptr) return;
  relay_ = std::make_unique<TlsRelay>(port_);
  port_ = relay_->port();
}

HubProgram::~HubProgram() = default;

std::pair<int, std::string> end_of(const std::vector<std::string>& options) {
  std::vector<std::string> words{"sse-serve", "--port=0"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--", "true"});
  Program hub(words);
  const int status = hub.wait();
  return {status, hub.err()};
}

}  // namespace sse::test
