#include "support/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include <pty.h>

#include "support/catch.h"
#include "support/program.h"

namespace sse::test {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Terminal::Terminal(const std::vector<std::string>& arguments,
                   const std::vector<std::string>& environment, const std::string& directory) {
  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = environment;
  variables.push_back("TERM=dumb");
  const auto argv = pointers_to(words);
  const auto envp = pointers_to(variables);
  winsize size{};
  size.ws_row = 50;
  size.ws_col = 250;  // nothing wraps
  int fd = -1;
  pid_ = ::forkpty(&fd, nullptr, nullptr, &size);
  REQUIRE(pid_ >= 0);
  if (pid_ == 0) {
    if (::chdir(directory.c_str()) == 0) ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  fd_.reset(fd);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
}

Terminal::~Terminal() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Terminal::type(const std::string& keys) const {
  REQUIRE(::write(fd_.get(), keys.data(), keys.size()) == static_cast<ssize_t>(keys.size()));
}

void Terminal::wait_for(const std::string& text) {
  INFO("shown: " << shown_);
  wait_until(
      [&] {
        std::array<char, 4096> buffer;
        const auto bytes = ::read(fd_.get(), buffer.data(), buffer.size());
        if (bytes > 0) shown_.append(buffer.data(), static_cast<std::size_t>(bytes));
        return shown_.find(text) != std::string::npos;
      },
      "the terminal to show " + text);
  shown_.erase(0, shown_.find(text) + text.size());
}

}  // namespace sse::test
