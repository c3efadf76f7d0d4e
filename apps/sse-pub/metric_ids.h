#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sse/base/keyed_hash.h"
#include "sse/client/publishing_client.h"

#include "shell_script.h"

namespace sse::pub {

/// The ids of metrics that lines name. Asks the hub once for each name; for one that it does not
/// know again after a while.
/// Thread-compatible.
class MetricIds {
 public:
  /// `create`: as for PublishingClient::metric_id(). With a `script` the hub is not asked: ids
  /// are variables of it, set by what is appended to `asked`.
  /// `before_asking` is called when the hub has to be asked: the client may be in use.
  MetricIds(client::PublishingClient& client, std::optional<std::string> create,
            const ShellScript* script, const Clock& clock, std::function<void()> before_asking)
      : client_(client),
        create_(std::move(create)),
        script_(script),
        clock_(clock),
        before_asking_(std::move(before_asking)) {}

  /// Error: kInvalid when the name is not valid, and other kinds when the hub could not be asked.
  /// The id is valid until the next call.
  client::Published<std::string_view> find(std::string_view name);

  /// The id of a known name, asked for again: nullopt when it is what it was, or there is none. An
  /// id itself never changes.
  std::optional<std::string> find_anew(const std::string& name);

  /// The part of the script that sets the ids found since the last call.
  std::string take_script() { return std::exchange(asked_, {}); }

 private:
  struct Known {
    std::string id;
    std::string refusal;  ///< empty: the id is good
    BootTime refused_until{};
  };

  /// With a random key: the input may be a stranger's.
  static KeyedHash random_hash();
  client::Published<Known> ask(const std::string& name);
  Known refused(std::string why) const;

  client::PublishingClient& client_;
  const std::optional<std::string> create_;
  const ShellScript* const script_;
  const Clock& clock_;
  const std::function<void()> before_asking_;
  std::unordered_map<std::string, Known, KeyedHash, std::equal_to<>> known_{0, random_hash()};
  std::string direct_;  // the last name that was an id itself
  std::string asked_;
  std::size_t variables_ = 0;
};

}  // namespace sse::pub
