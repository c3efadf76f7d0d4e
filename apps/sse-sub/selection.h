#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sse/base/result.h"
#include "sse/hub/filter.h"
#include "sse/wire/event.h"

#include "condition.h"
#include "pattern.h"

namespace sse::sub {

/// Which of the events that the server sends are wanted: what it does not filter itself.
/// Thread-compatible.
class Selection {
 public:
  // What narrows it, each in place of what it was given before; each error is kInvalid.
  Status exclude(const std::vector<std::string>& globs);  ///< events of such types are left out
  Status exclude_topics(const std::vector<std::string>& patterns);  ///< the same of topics
  Status grep(const std::string& pattern);                          ///< the data matches
  Status where(const std::vector<std::string>& texts);  ///< it is JSON, and all of these hold;
                                                        ///< each is one or more, with || between

  /// As the server does it, for a stream that comes from no server.
  Status only(const std::vector<std::string>& types, const std::vector<std::string>& topics);

  /// Whether it takes everything.
  bool is_empty() const {
    return !only_ && !excluded_ && !excluded_topics_ && !grep_ && conditions_.empty();
  }

  bool takes(const wire::ReceivedEvent& event) const;

 private:
  using Filter = std::unique_ptr<const hub::Filter>;

  Filter only_;
  Filter excluded_;
  Filter excluded_topics_;
  std::optional<Pattern> grep_;
  std::vector<std::vector<Condition>> conditions_;  // of each, one must hold
};

}  // namespace sse::sub
