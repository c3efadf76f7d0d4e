#pragma once

/// \file
/// The real programs, as a shell would run them.

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sse/base/unique_fd.h"

namespace sse::test {

class Http2Relay;
class TlsRelay;
class TlsTestFiles;

/// How long a condition may take before the test fails: far beyond anything but a hang, also under
/// sanitizers.
inline constexpr std::chrono::seconds kPatience{60};

/// Whether a sanitizer watches the programs: it needs address space and descriptors of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

/// Waits until `condition` holds; fails the test, saying `what`, when it never does.
void wait_until(const std::function<bool()>& condition, const std::string& what);

/// The path of one of the built programs.
std::string program_path(const std::string& name);

/// A running program with its standard streams in our hands. Ends it (SIGKILL) when destroyed.
class Program {
 public:
  struct Options {
    std::vector<std::string>
        environment;          ///< `NAME=value`, added to a clean base (PATH, HOME, no SSE_*)
    bool stdin_pipe = false;  ///< else /dev/null
    std::string directory;    ///< working directory; empty: this process's
  };

  /// `arguments[0]` is a built program's name (sse-serve), or a path or a command found on PATH.
  explicit Program(const std::vector<std::string>& arguments) : Program(arguments, Options()) {}
  Program(const std::vector<std::string>& arguments, const Options& options);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  void write_stdin(const std::string& text);
  void close_stdin() { stdin_.reset(); }

  /// All of stdout and stderr so far; reads what has arrived.
  const std::string& out();
  const std::string& err();

  /// Waits until stdout (stderr) holds `text`.
  void wait_for_out(const std::string& text);
  void wait_for_err(const std::string& text);

  /// Stops reading stdout for good: the program finds it closed.
  void close_stdout() { stdout_.reset(); }

  /// Waits for the end, collecting output meanwhile. The exit status as a shell has it: 128 + n for
  /// signal n.
  int wait();
  bool has_ended();

 private:
  void collect(int patience_ms);

  pid_t pid_ = -1;
  int status_ = -1;
  bool ended_ = false;
  UniqueFd stdin_;
  UniqueFd stdout_;
  UniqueFd stderr_;
  std::string out_;
  std::string err_;
};

/// A hub of its own for a test: sse-serve on a free port of 127.0.0.1, ready when this returns.
/// With SSE_TEST_TLS in the environment it speaks TLS, and the port is that of a TlsRelay before
/// it. With SSE_TEST_HTTP2 the port is that of a Http2Relay, and with both they speak HTTP/2 over
/// TLS.
class HubProgram {
 public:
  explicit HubProgram(std::vector<std::string> options = {});
  ~HubProgram();

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Program& program() { return program_; }

 private:
  std::unique_ptr<TlsTestFiles> tls_files_;  // null: no TLS
  Program program_;
  std::unique_ptr<TlsRelay> relay_;          // null: none is wanted
  std::unique_ptr<Http2Relay> http2_relay_;  // the same
  std::uint16_t port_ = 0;
};

/// The exit status and the standard error of a hub that ends by itself: it is refused its start, or
/// serves for as long as `true` runs.
std::pair<int, std::string> end_of(const std::vector<std::string>& options);

}  // namespace sse::test
