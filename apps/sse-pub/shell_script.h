#pragma once

/// \file
/// Requests as a script for sh that sends them with curl: what `--dry-run` prints.

#include <string>
#include <string_view>
#include <vector>

#include "sse/client/endpoint.h"
#include "sse/client/http_connection.h"

namespace sse::pub {

/// `text` as one word of sh, whatever it holds (but NUL, which no argument can).
std::string shell_word(std::string_view text);

/// What stands for the script's variable `name` in a body: bytes that no JSON has.
std::string shell_variable(std::string_view name);

/// A header of every request.
struct ScriptHeader {
  std::string shown;  ///< `Name: value`, for people
  std::string word;   ///< of sh
};

/// Each request becomes comment lines that show it, and a curl that sends it. Thread-compatible.
class ShellScript {
 public:
  /// `curl_arguments` are given to every curl.
  ShellScript(const client::Endpoint& hub, std::vector<ScriptHeader> headers,
              const std::vector<std::string>& curl_arguments);

  /// Sends `body`, which is JSON, or asks when it is empty; the answer goes to stdout.
  std::string request(std::string_view path, const std::string& type,
                      const std::string& body) const;

  /// Deletes what is there.
  std::string remove(std::string_view path) const;

  /// Sets a variable to the id in the answer to that; to something that no hub takes for an id when
  /// there is none in it, or several.
  std::string id_of(const std::string& variable, std::string_view path,
                    const std::string& body) const;

 private:
  std::string shown(const std::string& method, std::string_view path, const std::string& type,
                    const std::string& body) const;
  std::string curl(std::string_view path, const std::string& type, const std::string& body,
                   std::string_view then) const;

  const client::Endpoint hub_;
  const std::vector<ScriptHeader> headers_;
  std::string origin_;   // as curl takes it
  std::string options_;  // words of sh, each behind a blank
};

}  // namespace sse::pub
